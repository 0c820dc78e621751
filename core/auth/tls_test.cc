// Real handshakes over loopback: who gets through, and what each side is told.
#include "core/base/tls.h"

#include <condition_variable>
#include <filesystem>
#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <optional>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/auth/testing.h"
#include "core/base/files.h"
#include "core/base/service.h"

namespace weft::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A call of the health service, which every server has.
grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  const grpc::Slice empty;  // The message without fields.
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  std::mutex mutex;
  std::condition_variable done;
  std::optional<grpc::Status> status;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](grpc::Status result) {
                   std::lock_guard lock(mutex);
                   status = std::move(result);
                   done.notify_all();
                 });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return status.has_value(); });
  return *status;
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    grpc::EnableDefaultHealthCheckService(true);
    gpr_set_log_function([](gpr_log_func_args*) {});  // Refusals are what is tested.
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", log_));
    Issue("core", {.identity = "core/core", .dns_names = {}});
    Issue("greeter", {.identity = "provider/greeter", .dns_names = {"greeter.example"}});
  }
  ~TlsTest() override {
    if (server_ != nullptr) server_->Shutdown();
  }

  std::string Dir(const std::string& name) const { return data_->Below(name); }
  void Issue(const std::string& name, const Subject& subject, absl::Time now = absl::Now()) {
    ASSERT_TRUE(identities_.Issue(subject, Dir(name), now).ok());
  }
  // An identity of an authority of its own, in the directory of a peer that trusts `trusted`.
  void IssueElsewhere(const std::string& name, const Subject& subject, const std::string& trusted) {
    const KeyPair other = MakeAuthority(absl::Now()).value();
    const KeyPair identity = auth::Issue(other, subject, absl::Now()).value();
    ASSERT_TRUE(WriteIdentity(Dir(name), identity,
                              trusted.empty() ? other.certificate : trusted + other.certificate)
                    .ok());
  }
  std::string Authorities() const { return ReadFileOrEmpty(data_->Below("pki/ca.crt")); }

  void Serve(const std::string& directory, const Admit& admit = AdmitCores) {
    const auto credentials = TlsServerCredentials(Dir(directory));
    ASSERT_TRUE(credentials.ok()) << credentials.status();
    (*credentials)->SetAuthMetadataProcessor(MakeAdmission(admit));
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", *credentials, &port_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  // A call through a new channel.
  grpc::Status CallAs(const std::string& directory,
                      const std::string& identity = "provider/greeter",
                      const std::string& server_name = "",
                      std::shared_ptr<Handshakes> handshakes = nullptr) {
    return Call(MakeChannel(absl::StrCat("127.0.0.1:", port_),
                            {.service_config = absl::StrCat("{\"x\":", ++channels_, "}"),
                             .tls_dir = Dir(directory),
                             .identity = identity,
                             .server_name = server_name,
                             .handshakes = std::move(handshakes)}));
  }
  bool Eventually(const std::function<bool()>& holds) {
    for (const absl::Time end = absl::Now() + absl::Seconds(20); absl::Now() < end;)
      if (holds()) return true;
    return false;
  }
  // Or the last one.
  grpc::Status FirstThatSucceeds(const std::function<grpc::Status()>& call) {
    grpc::Status status;
    Eventually([&] {
      status = call();
      return status.ok();
    });
    return status;
  }
  void ExpectOk(const grpc::Status& status) const {
    EXPECT_TRUE(status.ok()) << status.error_message() << "\n" << Log();
  }
  std::string Log() const { return absl::StrJoin(log_->last_formatted(), ""); }

  const std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> log_ =
      std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(256);
  const TestData data_;
  const Identities identities_{*data_};
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  int channels_ = 0;  // gRPC shares a connection between channels that are alike.
};

TEST_F(TlsTest, TheRightPeersReachEachOther) {
  Peer seen;
  std::string method;
  Serve("greeter", [&](const Peer& peer, absl::string_view called) {
    seen = peer;
    method = std::string(called);
    return absl::OkStatus();
  });
  const grpc::Status status = CallAs("core");
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(seen, (Peer{.identity = "core/core"}));
  EXPECT_EQ(method, "/grpc.health.v1.Health/Check");
  EXPECT_TRUE(CallAs("core", "provider/greeter", "greeter.example").ok());
}

TEST_F(TlsTest, AServerOfAnotherAuthorityIsRefused) {
  IssueElsewhere("stranger", {.identity = "provider/greeter", .dns_names = {}}, Authorities());
  Serve("stranger");
  const grpc::Status status = CallAs("core");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(),
              AllOf(HasSubstr("the peer presented provider/greeter"),
                    HasSubstr("not issued by an authority that is trusted here")));
  EXPECT_THAT(Log(), HasSubstr("a server is refused"));
}

TEST_F(TlsTest, AnExpiredServerIsRefusedAndKnowsIt) {
  Issue("greeter", {.identity = "provider/greeter", .dns_names = {}},
        absl::Now() - absl::Hours(24 * 100));
  Serve("greeter");
  EXPECT_THAT(Log(),
              AllOf(HasSubstr("no client will accept this service"), HasSubstr("it expired at")));
  EXPECT_THAT(CallAs("core").error_message(),
              AllOf(HasSubstr("the peer presented provider/greeter"), HasSubstr("it expired at")));
}

TEST_F(TlsTest, AServerForAnotherHostIsRefused) {
  Serve("greeter");
  EXPECT_THAT(CallAs("core", "provider/greeter", "other.example").error_message(),
              HasSubstr("it is not for the host other.example"));
}

TEST_F(TlsTest, AServerWithAnotherIdentityIsRefused) {
  Serve("greeter");
  EXPECT_THAT(CallAs("core", "provider/other").error_message(),
              AllOf(HasSubstr("the peer presented provider/greeter"),
                    HasSubstr("expected provider/other")));
}

TEST_F(TlsTest, AClientOfAnotherAuthorityIsRefused) {
  IssueElsewhere("stranger", {.identity = "core/core", .dns_names = {}}, Authorities());
  Serve("greeter");
  const auto handshakes = std::make_shared<Handshakes>(Dir("stranger"));
  const absl::Status status = FromGrpc(CallAs("stranger", "provider/greeter", "", handshakes));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(handshakes->Explain(status).message()),
              HasSubstr("it ends the connection when it has seen our certificate, core/core ("));
  EXPECT_TRUE(Eventually([&] { return Log().find("a client is refused") != std::string::npos; }));
  EXPECT_THAT(Log(), HasSubstr("the peer presented core/core"));
}

// As two installations that were mixed up.
TEST_F(TlsTest, PeersOfTwoAuthoritiesRefuseEachOther) {
  IssueElsewhere("stranger", {.identity = "core/core", .dns_names = {}}, "");
  Serve("greeter");
  EXPECT_THAT(CallAs("stranger").error_message(),
              AllOf(HasSubstr("the peer presented provider/greeter"),
                    HasSubstr("not issued by an authority that is trusted here")));
  EXPECT_TRUE(Eventually([&] { return Log().find("a client is refused") != std::string::npos; }));
  EXPECT_THAT(Log(), HasSubstr("the peer presented core/core"));
}

TEST_F(TlsTest, OnlyAServerThatHasSeenOurCertificateIsSaidToRefuseIt) {
  const auto handshakes = std::make_shared<Handshakes>(Dir("core"));
  Serve("greeter");
  EXPECT_TRUE(CallAs("core", "provider/greeter", "", handshakes).ok());
  handshakes->Connected();
  EXPECT_FALSE(CallAs("core", "provider/other", "", handshakes).ok());
  server_->Shutdown();
  const absl::Status away = FromGrpc(CallAs("core", "provider/greeter", "", handshakes));
  EXPECT_TRUE(absl::IsUnavailable(away)) << away;
  EXPECT_EQ(handshakes->Explain(away), away);
}

TEST_F(TlsTest, AnExpiredClientIsRefusedAndKnowsIt) {
  Issue("core", {.identity = "core/core", .dns_names = {}}, absl::Now() - absl::Hours(24 * 100));
  Serve("greeter");
  EXPECT_THAT(CallAs("core").error_message(),
              AllOf(HasSubstr(Dir("core") + " cannot be used"), HasSubstr("it expired at")));
}

TEST_F(TlsTest, AClientWithAnIdentityThatMayNotCallIsTold) {
  Issue("other", {.identity = "provider/other", .dns_names = {}});
  Serve("greeter");
  const grpc::Status status = CallAs("other");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(),
            "you are provider/other; this service is called by spiffe://weft/core/NAME only");
  EXPECT_THAT(Log(), HasSubstr("refused a call"));
}

TEST_F(TlsTest, AClientWithoutTlsIsRefused) {
  Serve("greeter");
  EXPECT_FALSE(Call(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                                        grpc::InsecureChannelCredentials()))
                   .ok());
}

TEST_F(TlsTest, ANewCertificateIsUsedWithoutARestart) {
  Serve("greeter");
  const auto before = MakeChannel(absl::StrCat("127.0.0.1:", port_),
                                  {.tls_dir = Dir("core"), .identity = "provider/greeter"});
  ExpectOk(Call(before));
  ASSERT_FALSE(CallAs("core", "provider/greeter", "new.example").ok());
  Issue("greeter", {.identity = "provider/greeter", .dns_names = {"new.example"}});
  ExpectOk(FirstThatSucceeds([&] { return CallAs("core", "provider/greeter", "new.example"); }));
  ExpectOk(Call(before));  // The connections that stand go on.
}

TEST_F(TlsTest, BothAuthoritiesAreTrustedDuringARotation) {
  const std::string core =
      identities_.Ensure({.identity = "core/core", .dns_names = {}}, absl::Now()).value();
  Serve("greeter");
  ASSERT_TRUE(CallAs("identities/core").ok());
  ASSERT_TRUE(identities_.Rotate(absl::Now()).ok());
  EXPECT_TRUE(CallAs("identities/core").ok());
  Issue("greeter", {.identity = "provider/greeter", .dns_names = {"new.example"}});
  ExpectOk(FirstThatSucceeds(
      [&] { return CallAs("identities/core", "provider/greeter", "new.example"); }));
  ASSERT_TRUE(identities_.Retire(absl::Now()).ok());
  ExpectOk(FirstThatSucceeds([&] { return CallAs("identities/core"); }));
}

TEST_F(TlsTest, WithoutAnIdentityNothingIsServedOrCalled) {
  EXPECT_TRUE(absl::IsFailedPrecondition(TlsServerCredentials(Dir("nothing")).status()));
  EXPECT_EQ(Call(MakeChannel("127.0.0.1:1")).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

class SocketTest : public TlsTest {
 protected:
  SocketTest() {
    auto credentials = grpc::experimental::LocalServerCredentials(UDS);
    credentials->SetAuthMetadataProcessor(
        MakeAdmission([this](const Peer& peer, absl::string_view) {
          seen_ = peer;
          return answer_;
        }));
    grpc::ServerBuilder builder;
    builder.AddListeningPort(data_->SocketAddress("s"), credentials);
    server_ = builder.BuildAndStart();
  }
  Peer seen_;
  absl::Status answer_;
};

TEST_F(SocketTest, ATokenArrives) {
  EXPECT_TRUE(Call(MakeChannel(data_->SocketAddress("s"), {.token = "secret"})).ok());
  EXPECT_EQ(seen_, (Peer{.local = true, .token = "secret"}));
}

// As programs of third parties call, and an older weft.
TEST_F(SocketTest, APlainClientIsLocalWithoutAToken) {
  EXPECT_TRUE(
      Call(grpc::CreateChannel(data_->SocketAddress("s"), grpc::InsecureChannelCredentials()))
          .ok());
  EXPECT_EQ(seen_, (Peer{.local = true}));
}

TEST_F(SocketTest, ARefusalReachesTheCaller) {
  answer_ = absl::PermissionDeniedError("it takes a user");
  const grpc::Status status = Call(MakeChannel(data_->SocketAddress("s")));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(), "it takes a user");
}

}  // namespace
}  // namespace weft::auth
