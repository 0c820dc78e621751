#pragma once

#include <functional>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "absl/strings/str_cat.h"

// An HTTP server of a test's own, which does with a connection what the test says.
namespace weft::kubernetes {

// One connection as its server sees it.
class Connection {
 public:
  explicit Connection(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  // The next request's head and as much of its body as came with it; empty: the client is gone.
  std::string ReadHead() {
    boost::system::error_code ec;
    const size_t length =
        boost::asio::read_until(socket_, boost::asio::dynamic_buffer(text_), "\r\n\r\n", ec);
    const std::string head = text_.substr(0, length);
    text_.erase(0, length);
    return ec ? "" : head;
  }
  std::string ReadBody(size_t length) {
    boost::system::error_code ec;
    while (!ec && text_.size() < length) {
      char buffer[1024];
      const size_t n = socket_.read_some(boost::asio::buffer(buffer), ec);
      text_.append(buffer, n);
    }
    const std::string body = text_.substr(0, length);
    text_.erase(0, length);
    return body;
  }
  // False: the client is gone.
  bool Write(const std::string& text) {
    boost::system::error_code ec;
    boost::asio::write(socket_, boost::asio::buffer(text), ec);
    return !ec;
  }
  void WaitForEnd() {
    while (!ReadHead().empty()) {
    }
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::string text_;
};

// Serves one connection with what the test's function does.
class TcpServer {
 public:
  explicit TcpServer(std::function<void(Connection&)> serve)
      : acceptor_(context_,
                  boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        thread_([this, serve] {
          boost::asio::ip::tcp::socket socket(context_);
          acceptor_.accept(socket);
          Connection connection(std::move(socket));
          serve(connection);
        }) {}
  // A client that came to nothing may never have connected: somebody must, or nobody is served.
  ~TcpServer() {
    boost::system::error_code ec;
    boost::asio::ip::tcp::socket(context_).connect(acceptor_.local_endpoint(), ec);
    thread_.join();
  }

  std::string url() const {
    return absl::StrCat("http://127.0.0.1:", acceptor_.local_endpoint().port());
  }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace weft::kubernetes
