#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "runtime/local/prober.h"

namespace weft::local {
namespace {

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
    ProbeTarget target{"c", "", "127.0.0.1", {}};
    target.probe.port.number = port_;
    target.probe.path = "/ready";
    target.probe.headers = {{"X-Probe", "yes"}};
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

bool Probe(const std::string& answer) {
  OneAnswer server(answer);
  return ProbeHttp(server.Target());
}

TEST(ProbeHttp, From200To399IsReady) {
  EXPECT_TRUE(Probe("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\npartly"));
  EXPECT_TRUE(Probe("HTTP/1.0 302 Found\r\n\r\n"));
  EXPECT_FALSE(Probe("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(Probe("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
  EXPECT_FALSE(Probe("no HTTP at all\r\n\r\n"));
}

TEST(ProbeHttp, AsksForThePathWithTheHeaders) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(ProbeHttp(server.Target()));
  EXPECT_NE(server.request().find("GET /ready HTTP/1.1\r\n"), std::string::npos);
  EXPECT_NE(server.request().find("X-Probe: yes\r\n"), std::string::npos);
}

TEST(ProbeHttp, NoAnswerWithinTheTimeoutIsUnready) {
  OneAnswer server("");
  EXPECT_FALSE(ProbeHttp(server.Target(absl::Milliseconds(50))));
}

TEST(ProbeHttp, NobodyThereOrABadHeaderIsUnready) {
  ProbeTarget target{"c", "", "127.0.0.1", {}};
  target.probe.port.number = 1;
  EXPECT_FALSE(ProbeHttp(target));
  target.address = "nonsense";
  EXPECT_FALSE(ProbeHttp(target));
}

}  // namespace
}  // namespace weft::local
