#include "runtime/engine/http.h"

#include <functional>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace weft::engine {
namespace {

using Local = boost::asio::local::stream_protocol;

// Answers one connection at a time with what the test's function does.
class SocketServer {
 public:
  explicit SocketServer(std::function<void(Local::socket&)> serve)
      : path_(testing::TempDir() + "http_test." + std::to_string(getpid()) + ".sock"),
        acceptor_(context_, (unlink(path_.c_str()), Local::endpoint(path_))),
        thread_([this, serve] {
          Local::socket socket(context_);
          acceptor_.accept(socket);
          serve(socket);
        }) {}
  ~SocketServer() {
    thread_.join();
    unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  boost::asio::io_context context_;
  Local::acceptor acceptor_;
  std::thread thread_;
};

std::string ReadUntil(Local::socket& socket, const std::string& end) {
  std::string text;
  boost::system::error_code ec;
  boost::asio::read_until(socket, boost::asio::dynamic_buffer(text), end, ec);
  return text;
}

void Write(Local::socket& socket, const std::string& text) {
  boost::system::error_code ec;
  boost::asio::write(socket, boost::asio::buffer(text), ec);
}

TEST(HttpClient, ReturnsTheAnswerWhateverItsStatus) {
  SocketServer server([](Local::socket& s) {
    ReadUntil(s, "\r\n\r\n");
    Write(s, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  });
  const auto response = HttpClient(server.path()).Send({"GET", "/x", ""}, absl::Seconds(5));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "no");
}

TEST(HttpClient, GivesUpOnAnEngineThatDoesNotAnswer) {
  SocketServer server([](Local::socket& s) { ReadUntil(s, "never sent"); });
  const auto response = HttpClient(server.path()).Send({"GET", "/x", ""}, absl::Milliseconds(50));
  EXPECT_TRUE(absl::IsDeadlineExceeded(response.status())) << response.status();
}

TEST(HttpClient, NoSocketIsUnavailable) {
  EXPECT_TRUE(absl::IsUnavailable(
      HttpClient("/nonexistent.sock").Send({"GET", "/", ""}, absl::Seconds(1)).status()));
}

TEST(HttpClient, UploadsInChunks) {
  std::string received;
  {
    SocketServer server([&](Local::socket& s) {
      received = ReadUntil(s, "\r\n0\r\n\r\n");
      Write(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    int pieces = 0;
    const auto response = HttpClient(server.path())
                              .Upload(
                                  {"POST", "/load", "", "application/x-tar"},
                                  [&]() -> absl::StatusOr<std::string> {
                                    return std::string(++pieces <= 2 ? "abc" : "");
                                  },
                                  absl::Seconds(5));
    ASSERT_TRUE(response.ok()) << response.status();
  }
  EXPECT_NE(received.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_NE(received.find("3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n"), std::string::npos) << received;
}

TEST(HttpClient, StreamsUntilItIsCancelledFromAnotherThread) {
  SocketServer server([](Local::socket& s) {
    ReadUntil(s, "\r\n\r\n");
    Write(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    ReadUntil(s, "never sent");
  });
  StreamControl control;
  std::thread canceller;
  std::string got;
  const auto response = HttpClient(server.path())
                            .Stream({"GET", "/events", ""}, control, absl::InfiniteDuration(), {},
                                    [&](std::string_view piece) {
                                      got.append(piece);
                                      canceller = std::thread([&] { control.Cancel(); });
                                      return true;
                                    });
  canceller.join();
  EXPECT_TRUE(absl::IsCancelled(response.status())) << response.status();
  EXPECT_EQ(got, "hello");
}

}  // namespace
}  // namespace weft::engine
