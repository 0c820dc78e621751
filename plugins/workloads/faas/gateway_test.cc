// The gateway between real clients and real backends, over loopback.
#include "plugins/workloads/faas/gateway.h"

#include <arpa/inet.h>
#include <atomic>
#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "plugins/workloads/faas/functions_testing.h"
#include "plugins/workloads/faas/listener.h"
#include "plugins/workloads/faas/testing.h"
#include "tests/free_port.h"

namespace weft::faas {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kFirst[] = "127.0.0.2";
constexpr char kSecond[] = "127.0.0.3";

// Asks until `is_so`, 10 s at most.
bool Await(const std::function<bool()>& is_so) {
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (!is_so()) {
    if (absl::Now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// A connection to 127.0.0.1:`port` that has sent `bytes`.
int Connect(int port, const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  return fd;
}

// All that comes until the other side closes.
std::string ReadAll(int fd) {
  std::string all;
  char bytes[4096];
  for (ssize_t n = 0; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) all.append(bytes, n);
  close(fd);
  return all;
}

class GatewayTest : public testing::Test {
 protected:
  void SetUp() override { Begin({}); }

  void Begin(const Functions::Limits& limits) {
    gateway_.reset();
    functions_ = std::make_unique<Functions>(limits, absl::Now);
    functions_->Attach(kFunctionType, core_);
    functions_->Synced(kFunctionType);
    functions_->MayAct(kFunctionType, true);
    gateway_ = std::make_unique<Gateway>(*functions_, Gateway::Options{.address = "127.0.0.1:0"});
    gateway_->Listen();
    ASSERT_NE(gateway_->port(), 0);
  }

  std::string Url(const std::string& path = "/function/fn.d/") const {
    return absl::StrCat("http://127.0.0.1:", gateway_->port(), path);
  }
  // Tells of the function "fn" with ready pods at these addresses and this port.
  void Tell(int port, const std::vector<std::string>& addresses) {
    LiveOptions options = {.properties = absl::StrCat(R"({"image":"i","port":)", port, "}"),
                           .value = 1,
                           .replicas = static_cast<int64_t>(addresses.size())};
    for (const std::string& address : addresses) options.pods.push_back({address, address, true});
    functions_->Changed(Live(options));
  }
  void Tell(const Backend& backend) { Tell(backend.port(), {"127.0.0.1"}); }
  uint64_t Invocations() const { return functions_->List().at(0).invocations; }

  FakeInstances core_;
  std::unique_ptr<Functions> functions_;
  std::unique_ptr<Gateway> gateway_;
  Client client_;
};

TEST_F(GatewayTest, PassesARequestOnAndItsAnswerBack) {
  std::string heard;
  Backend backend([&](const std::string& head, const std::string&) {
    heard = head;
    return std::string(
        "HTTP/1.1 418 No\r\nX-Mine: 1\r\nConnection: x-theirs\r\nX-Theirs: 1\r\n"
        "Content-Length: 2\r\n\r\nno");
  });
  Tell(backend);
  const Answer answer =
      client_.Ask("GET", Url("/function/fn.d/a/b?c=d"), "",
                  {"X-Own: 1", "Connection: x-hop", "X-Hop: 1", "X-Forwarded-For: 10.9.9.9"});
  EXPECT_EQ(answer.status, 418) << answer.error;
  EXPECT_EQ(answer.body, "no");
  EXPECT_EQ(answer.headers.count("x-mine"), 1u);
  EXPECT_EQ(answer.headers.count("x-theirs"), 0u);
  EXPECT_EQ(answer.headers.at("via"), "1.1 weft");
  EXPECT_THAT(
      heard,
      AllOf(StartsWith("GET /a/b?c=d HTTP/1.1\r\n"), HasSubstr("X-Own: 1\r\n"),
            HasSubstr(absl::StrCat("Host: 127.0.0.1:", backend.port(), "\r\n")),
            HasSubstr(absl::StrCat("X-Forwarded-Host: 127.0.0.1:", gateway_->port(), "\r\n")),
            HasSubstr("X-Forwarded-For: 10.9.9.9, 127.0.0.1\r\n"), Not(HasSubstr("X-Hop"))));
}

TEST_F(GatewayTest, KeepsTheConnectionsOnBothSides) {
  Backend backend([](const std::string&, const std::string&) { return Ok("yes"); });
  Tell(backend);
  EXPECT_TRUE(client_.Get(Url()).anew);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(client_.Get(Url()).anew);
  EXPECT_EQ(backend.connections(), 1);
  EXPECT_TRUE(Await([&] { return Invocations() == 4; }));
}

TEST_F(GatewayTest, PassesBodiesOfAnyFraming) {
  Backend backend([](const std::string& head, const std::string& body) {
    if (absl::StartsWith(head, "POST /chunks"))
      return absl::StrCat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                          absl::Hex(body.size()), "\r\n", body, "\r\n0\r\n\r\n");
    if (absl::StartsWith(head, "POST /end"))
      return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc" + body;
    return Ok("abc" + body);
  });
  Tell(backend);
  const std::string large = std::string(300 << 10, 'x');
  for (const char* path : {"/length", "/chunks", "/end"}) {
    for (const std::vector<std::string>& headers :
         {std::vector<std::string>(), {"Transfer-Encoding: chunked"}, {"Expect: 100-continue"}}) {
      for (const std::string& body : {std::string("d"), large}) {
        const Answer answer =
            client_.Ask("POST", Url(absl::StrCat("/function/fn.d", path)), body, headers);
        EXPECT_EQ(answer.status, 200) << path << answer.error;
        EXPECT_TRUE(answer.body == "abc" + body) << path << " " << answer.body.size();
      }
    }
  }
}

TEST_F(GatewayTest, AnswersHeadWithoutABody) {
  Backend backend([](const std::string& head, const std::string&) {
    EXPECT_THAT(head, StartsWith("HEAD / "));
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  });
  Tell(backend);
  for (int i = 0; i < 2; ++i) {
    const Answer answer = client_.Ask("HEAD", Url());
    EXPECT_EQ(answer.status, 200) << answer.error;
    EXPECT_EQ(answer.headers.at("content-length"), "500");
    EXPECT_EQ(answer.anew, i == 0);
  }
  EXPECT_EQ(client_.Ask("HEAD", Url("/healthz")).status, 200);
}

TEST_F(GatewayTest, KnowsNothingElse) {
  const Answer unknown = client_.Get(Url("/function/fn.d"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("the function fn in the namespace d"));
  EXPECT_EQ(client_.Get(Url("/elsewhere")).status, 404);
  EXPECT_EQ(client_.Ask("POST", Url("/system/functions"), "{}").status, 405);
  // What was not read of a body is not taken for a request.
  EXPECT_EQ(client_.Ask("POST", Url("/function/fn.d"), "GET / HTTP/1.1\r\n\r\n").status, 404);
}

TEST_F(GatewayTest, ListsFunctionsAsOpenFaasDoes) {
  Tell(8080, {kFirst, kSecond});
  const Answer answer = client_.Get(Url("/system/functions"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_EQ(answer.body, R"([{"availableReplicas":2,"image":"i","invocationCount":0,"name":"fn",)"
                         R"("namespace":"d","replicas":2}])"
                         "\n");
  EXPECT_EQ(client_.Get(Url("/system/functions?namespace=other")).body, "[]\n");
}

TEST_F(GatewayTest, SaysThatItIsThere) {
  const Answer answer = client_.Get(Url("/healthz"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n");
}

TEST_F(GatewayTest, HoldsAColdRequestUntilAPodIsReady) {
  Backend backend([](const std::string&, const std::string& body) { return Ok(body); });
  functions_->Changed(Live({}));
  std::future<Answer> asked = std::async(
      std::launch::async, [&] { return Client().Ask("POST", Url(), "what was sent meanwhile"); });
  std::vector<std::string> actions;
  ASSERT_TRUE(Await([&] { return !(actions = core_.TakeAsked()).empty(); }));
  EXPECT_THAT(actions, ElementsAre("d/app/fn 1"));
  core_.Answer(sdk::ActOutcome::kDone);
  Tell(backend);
  const Answer answer = asked.get();
  EXPECT_EQ(answer.status, 200) << answer.error;
  EXPECT_EQ(answer.body, "what was sent meanwhile");
}

// Ready may come before it listens.
TEST_F(GatewayTest, AsksAgainUntilAPodTakesTheConnection) {
  const int port = FreePort();
  Tell(port, {"127.0.0.1"});
  std::future<Answer> asked =
      std::async(std::launch::async, [&] { return Client().Ask("POST", Url(), "b"); });
  ASSERT_TRUE(Await([&] { return functions_->List().at(0).ready == 1; }));
  Backend backend([](const std::string&, const std::string& body) { return Ok(body); }, "127.0.0.1",
                  port);
  EXPECT_EQ(asked.get().body, "b");
}

TEST_F(GatewayTest, RefusesWhatItCannotHoldAndSaysWhenToComeBack) {
  Begin({.hold = absl::Milliseconds(50)});
  functions_->Changed(Live({}));
  const Answer late = client_.Get(Url());
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.headers.at("retry-after"), "5");
  Begin({.held = 0});
  functions_->Changed(Live({}));
  const Answer full = client_.Get(Url());
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.headers.at("retry-after"), "1");
  EXPECT_THAT(full.body, HasSubstr("too many requests wait"));
}

TEST_F(GatewayTest, LeavesNothingBehindOfAClientThatGoes) {
  std::promise<void> asked;
  std::promise<void> gone;
  std::atomic<int> requests = 0;
  Backend backend([&](const std::string&, const std::string&) {
    if (requests++ == 0) {
      asked.set_value();
      gone.get_future().wait();
    }
    return Ok("yes");
  });
  Tell(backend);
  // One that waits for an answer.
  const int waiting = Connect(gateway_->port(), "GET /function/fn.d HTTP/1.1\r\nHost: g\r\n\r\n");
  asked.get_future().wait();
  close(waiting);
  gone.set_value();
  EXPECT_TRUE(Await([&] { return Invocations() == 1; }));
  // One in the middle of its request.
  close(Connect(gateway_->port(),
                "POST /function/fn.d HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\nhal"));
  EXPECT_TRUE(Await([&] { return Invocations() == 2; }));
  EXPECT_EQ(requests, 1);
  EXPECT_EQ(client_.Get(Url()).status, 200);
}

TEST_F(GatewayTest, AsksAnotherPodWhereThatIsSafe) {
  std::atomic<int> broken = 0;
  Backend dying(
      [&](const std::string&, const std::string&) {
        ++broken;
        return std::string();
      },
      kFirst);
  Backend healthy([](const std::string&, const std::string& body) { return Ok("yes" + body); },
                  kSecond, dying.port());
  Tell(dying.port(), {kFirst, kSecond});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(client_.Get(Url()).body, "yes");
    EXPECT_EQ(client_.Ask("PUT", Url(), "b").body, "yesb");  // It may be sent twice.
  }
  EXPECT_GE(broken, 4);
  // It is not known what became of a POST.
  std::set<int> statuses;
  for (int i = 0; i < 4; ++i) statuses.insert(client_.Ask("POST", Url(), "b").status);
  EXPECT_THAT(statuses, ElementsAre(200, 502));
}

TEST_F(GatewayTest, AsksAnotherPodWhereNobodyTookTheConnection) {
  Backend healthy([](const std::string&, const std::string& body) { return Ok("yes" + body); },
                  kSecond);
  Tell(healthy.port(), {kFirst, kSecond});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client_.Ask("POST", Url(), "b").body, "yesb");
}

// A connection that was kept, closed by the function meanwhile: no reason to fail.
TEST_F(GatewayTest, DoesNotSendOverAConnectionThatTheFunctionClosed) {
  auto backend = std::make_unique<Backend>(
      [](const std::string&, const std::string&) { return Ok("old"); }, kFirst);
  const int port = backend->port();
  Tell(port, {kFirst});
  EXPECT_EQ(client_.Ask("POST", Url(), "b").body, "old");
  backend.reset();
  backend = std::make_unique<Backend>(
      [](const std::string&, const std::string&) { return Ok("new"); }, kFirst, port);
  EXPECT_EQ(client_.Ask("POST", Url(), "b").body, "new");
}

TEST_F(GatewayTest, CutsAnAnswerThatTheFunctionDidNotEnd) {
  Backend backend([](const std::string&, const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhal");
  });
  Tell(backend);
  const Answer answer = client_.Get(Url());
  EXPECT_EQ(answer.status, 0);
  EXPECT_NE(answer.error, "");
}

TEST_F(GatewayTest, RefusesWhatIsNoHttp) {
  Backend nonsense(
      [](const std::string&, const std::string&) { return std::string("hello\r\n\r\n"); });
  Tell(nonsense);
  EXPECT_THAT(ReadAll(Connect(gateway_->port(), "hello\r\n\r\n")),
              StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(client_.Get(Url()).status, 502);
}

TEST_F(GatewayTest, EndsWhenWhatIsUnderWayHasEnded) {
  std::promise<void> asked;
  std::promise<void> go_on;
  Backend backend([&](const std::string&, const std::string&) {
    asked.set_value();
    go_on.get_future().wait();
    return Ok("yes");
  });
  Tell(backend);
  functions_->Changed(Live({.name = "cold"}));
  const std::string cold_url = Url("/function/cold.d");
  std::future<Answer> under_way =
      std::async(std::launch::async, [url = Url()] { return Client().Get(url); });
  std::future<Answer> held = std::async(std::launch::async, [&] { return Client().Get(cold_url); });
  asked.get_future().wait();
  ASSERT_TRUE(Await([&] { return !core_.TakeAsked().empty(); }));
  std::future<void> stopped = std::async(std::launch::async, [&] { gateway_->Stop(); });
  EXPECT_EQ(held.get().status, 503);
  go_on.set_value();
  EXPECT_EQ(under_way.get().body, "yes");
  stopped.get();
  EXPECT_EQ(client_.Get(cold_url).status, 0);
}

TEST(Listener, TakesAddressesAndSockets) {
  boost::asio::io_context context;
  for (const char* bad : {"", "8080", "localhost:80", "127.0.0.1:99999", "127.0.0.1:x", "unix:"})
    EXPECT_TRUE(absl::IsInvalidArgument(Listen(context, bad).status())) << bad;
  absl::StatusOr<Acceptor> acceptor = Listen(context, "[::1]:0");
  if (acceptor.ok()) {  // The machine may have no IPv6.
    EXPECT_NE(PortOf(*acceptor), 0);
  }
  absl::StatusOr<Acceptor> first = Listen(context, "127.0.0.1:0");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(
      absl::IsUnavailable(Listen(context, absl::StrCat("127.0.0.1:", PortOf(*first))).status()));
}

TEST(Listener, ReplacesTheSocketOfADeadProcessOnly) {
  boost::asio::io_context context;
  const std::string path = testing::TempDir() + absl::StrCat("faas-", getpid(), ".sock");
  const std::string address = "unix:" + path;
  {
    absl::StatusOr<Acceptor> alive = Listen(context, address);
    ASSERT_TRUE(alive.ok()) << alive.status();
    EXPECT_TRUE(absl::IsUnavailable(Listen(context, address).status()));
  }
  absl::StatusOr<Acceptor> next = Listen(context, address);
  EXPECT_TRUE(next.ok()) << next.status();
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace weft::faas
