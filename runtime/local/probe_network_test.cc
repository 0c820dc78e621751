#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "runtime/local/prober.h"

namespace weft::local {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

// Takes one connection on a free port of the loopback and answers with `answer`; never, if that is
// empty.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, raw, size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, raw, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] { Serve(answer); });
  }
  ~OneAnswer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  ProbeTarget Target(absl::Duration timeout = absl::Seconds(5)) const {
    ProbeTarget target{.container_id = "c", .address = "127.0.0.1"};
    target.probe.action = HttpGet{"/ready", {port_, ""}, {{"X-Probe", "yes"}}};
    target.probe.timeout = timeout;
    return target;
  }
  const std::string& request() const { return request_; }

 private:
  void Serve(const std::string& answer) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    char buffer[1024];
    while (request_.find("\r\n\r\n") == std::string::npos) {
      const ssize_t n = read(connection, buffer, sizeof buffer);
      if (n <= 0) break;
      request_.append(buffer, static_cast<size_t>(n));
    }
    EXPECT_EQ(write(connection, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
    // Without an answer: until the prober hangs up.
    if (answer.empty()) {
      EXPECT_EQ(read(connection, buffer, sizeof buffer), 0);
    }
    close(connection);
  }

  const int listener_;
  int port_ = 0;
  std::string request_;
  std::thread thread_;
};

std::string AskOnce(const std::string& answer) {
  OneAnswer server(answer);
  return ProbeHttp(server.Target()).ToString();
}

TEST(ProbeHttp, From200To399IsReady) {
  EXPECT_EQ(AskOnce("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\npartly"), "OK");
  EXPECT_EQ(AskOnce("HTTP/1.0 302 Found\r\n\r\n"), "OK");
  EXPECT_THAT(AskOnce("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
              EndsWith("/ready: answered 404"));
  EXPECT_THAT(AskOnce("HTTP/1.1 503 Service Unavailable\r\n\r\n"), EndsWith("answered 503"));
  EXPECT_THAT(AskOnce("no HTTP at all\r\n\r\n"), StartsWith("UNAVAILABLE: GET http://127.0.0.1:"));
}

TEST(ProbeHttp, AsksForThePathWithTheHeaders) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(ProbeHttp(server.Target()).ok());
  EXPECT_NE(server.request().find("GET /ready HTTP/1.1\r\n"), std::string::npos);
  EXPECT_NE(server.request().find("X-Probe: yes\r\n"), std::string::npos);
}

TEST(ProbeHttp, NoAnswerWithinTheTimeoutIsUnready) {
  OneAnswer server("");
  EXPECT_THAT(ProbeHttp(server.Target(absl::Milliseconds(50))).ToString(),
              EndsWith("no answer within 50ms"));
}

TEST(ProbeHttp, NobodyThereOrABadHeaderIsUnready) {
  ProbeTarget target{.container_id = "c", .address = "127.0.0.1"};
  target.probe.action = HttpGet{"/", {1, ""}, {}};
  EXPECT_EQ(ProbeHttp(target).message(), "GET http://127.0.0.1:1/: Connection refused");
  target.address = "nonsense";
  EXPECT_FALSE(ProbeHttp(target).ok());
}

TEST(ProbeTcp, AConnectionIsEnough) {
  OneAnswer server("never read");
  ProbeTarget target = server.Target();
  const int port = std::get<HttpGet>(target.probe.action).port.number;
  target.probe.action = TcpSocket{{port, ""}};
  EXPECT_TRUE(ProbeTcp(target).ok());
  target.probe.action = TcpSocket{{1, ""}};
  EXPECT_EQ(ProbeTcp(target).message(), "connect to 127.0.0.1:1: Connection refused");
}

}  // namespace
}  // namespace weft::local
