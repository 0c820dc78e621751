// Forward: connections to the ports of pods.
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

using runtime::v1::ForwardRequest;
using runtime::v1::ForwardResponse;
using testing::HasSubstr;

// One connection.
class Wire {
 public:
  Wire(runtime::v1::Runtime::StubInterface& runtime, const ForwardRequest& first)
      : stream_(Begin(runtime, context_)) {
    stream_->Write(first);
  }
  void Send(const std::string& data) {
    ForwardRequest request;
    request.set_data(data);
    stream_->Write(request);
  }
  // Reads until so many bytes have come, or no more do.
  std::string Read(size_t size) {
    ForwardResponse response;
    while (came_.size() < size && stream_->Read(&response)) came_ += response.data();
    return came_;
  }
  std::string ReadAll() { return Read(std::string::npos); }
  // Once it was read to its end.
  absl::Status End() {
    ReadAll();
    const grpc::Status status = stream_->Finish();
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }
  void CloseWrite() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }

 private:
  // A deadline counts from before the call begins.
  static std::unique_ptr<grpc::ClientReaderWriterInterface<ForwardRequest, ForwardResponse>> Begin(
      runtime::v1::Runtime::StubInterface& runtime, grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return runtime.Forward(&context);
  }

  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriterInterface<ForwardRequest, ForwardResponse>> stream_;
  std::string came_;
};

class Ports : public Programs {
 protected:
  // Makes a pod of this name.
  void Serve(const std::string& name, const std::string& statement, const std::string& more = "") {
    Accept(Deployment(name, 1, Pod({statement}, more)));
    UntilReady(name, 1);
  }
  void Mirror(const std::string& name) {
    Serve(name, "mirror 9000");
    UntilSaid(name, {"mirrors"});
  }
  ForwardRequest To(const std::string& pod, uint32_t port) {
    ForwardRequest request;
    request.mutable_start()->set_namespace_(ns_);
    request.mutable_start()->set_pod(pod);
    request.mutable_start()->set_port(port);
    return request;
  }
  ForwardRequest Port(const std::string& of, uint32_t port) {
    return To(PodsOf(of).at(0).name, port);
  }
  static absl::Status Try(const ForwardRequest& first) { return Wire(runtime(), first).End(); }
};

TEST_F(Ports, AConnectionReachesThePodAndEndsWithIt) {
  WEFT_NEEDS(kNetwork);
  Serve("web", "serve 8080",
        absl::StrCat(R"(,"ports":[{"name":"http","containerPort":8080}])", kAnswers));
  Wire wire(runtime(), Port("web", 8080));
  wire.Send("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(wire.ReadAll(), HasSubstr("\r\n\r\n" + PodsOf("web").at(0).name));
  const absl::Status end = wire.End();
  EXPECT_TRUE(end.ok()) << end;
}

TEST_F(Ports, WhatListensInsideOfThePodAloneIsReachedAndMuchGoesBothWays) {
  WEFT_NEEDS(kNetwork);
  Mirror("web");
  std::string all;  // Of every byte.
  for (int i = 0; i < 2'000'000; ++i) all += static_cast<char>(i * 7 + i / 256);
  Wire wire(runtime(), Port("web", 9000));
  std::thread sends([&] {
    for (size_t at = 0; at < all.size(); at += 100'000) wire.Send(all.substr(at, 100'000));
  });
  EXPECT_TRUE(wire.Read(all.size()) == all);
  sends.join();
  wire.Cancel();
  EXPECT_TRUE(absl::IsCancelled(wire.End()));
  UntilSaid("web", {"mirrors", "gone"});
}

TEST_F(Ports, ConnectionsDoNotWaitForEachOther) {
  WEFT_NEEDS(kNetwork);
  Mirror("web");
  const ForwardRequest port = Port("web", 9000);
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 20; ++i) wires.push_back(std::make_unique<Wire>(runtime(), port));
  for (size_t i = wires.size(); i-- > 0;) {
    const std::string text = "number " + std::to_string(i);
    wires[i]->Send(text);
    EXPECT_EQ(wires[i]->Read(text.size()), text);
  }
  for (const auto& wire : wires) {
    wire->Cancel();
    EXPECT_TRUE(absl::IsCancelled(wire->End()));
  }
}

// Where the platform cannot tell the pod, the call ends by itself.
TEST_F(Ports, WhoHasNoMoreToSendStillHearsTheAnswer) {
  WEFT_NEEDS(kNetwork);
  Mirror("web");
  Wire wire(runtime(), Port("web", 9000));
  wire.Send("one");
  EXPECT_EQ(wire.Read(3), "one");
  wire.Send("two");
  wire.CloseWrite();
  EXPECT_EQ(wire.ReadAll(), "onetwo");
  const absl::Status end = wire.End();
  EXPECT_TRUE(end.ok()) << end;
  UntilSaid("web", {"mirrors", "gone"});
}

TEST_F(Ports, ThePodsEndEndsWhatLeadsThere) {
  WEFT_NEEDS(kNetwork);
  Mirror("web");
  Wire wire(runtime(), Port("web", 9000));
  wire.Send("one");
  EXPECT_EQ(wire.Read(3), "one");
  EXPECT_TRUE(Delete(Deployment("web", 1, Pod({"mirror 9000"}))).ok());
  EXPECT_FALSE(absl::IsDeadlineExceeded(wire.End()));
}

TEST_F(Ports, WhereNothingListensIsSaid) {
  WEFT_NEEDS(kNetwork);
  Serve("web", "wait");
  const absl::Status refused = Try(Port("web", 81));
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("refused"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("81"));
}

TEST_F(Ports, APodThatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(Try(To("nobody", 80))));
}

TEST_F(Ports, APodThatHasEndedHasNone) {
  Accept(Job("pi", PodOf({Container({"say done"})}, R"(,"restartPolicy":"Never")")));
  Until("it has ended", [&] { return HasCondition("Job", "pi", "Complete"); });
  const absl::Status ended = Try(To(PodsOf("pi", "Job").at(0).name, 80));
  EXPECT_TRUE(absl::IsFailedPrecondition(ended)) << ended;
}

TEST_F(Ports, WhatIsNoPortIsRefused) {
  for (const uint32_t port : {0U, 65536U})
    EXPECT_TRUE(absl::IsInvalidArgument(Try(To("web", port)))) << port;
  EXPECT_TRUE(absl::IsInvalidArgument(Try({})));
}

}  // namespace
}  // namespace weft::conformance
