// What stands in the containers of the benchmark, static and on one thread:
//   peer serve PORT               answers every HTTP request with the same few bytes
//   peer proxy PORT HOST TARGET   passes every TCP connection on to port TARGET of HOST (an IPv4
//   address)
#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include <boost/asio.hpp>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Socket = std::shared_ptr<tcp::socket>;
using Buffer = std::array<char, 16384>;

constexpr char kAnswer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

void Answer(Socket socket, std::shared_ptr<std::string> input) {
  asio::async_read_until(*socket, asio::dynamic_buffer(*input), "\r\n\r\n",
                         [=](Error error, size_t size) {
                           if (error) return;
                           input->erase(0, size);
                           asio::async_write(*socket, asio::buffer(kAnswer, sizeof kAnswer - 1),
                                             [=](Error failed, size_t) {
                                               if (!failed) Answer(socket, input);
                                             });
                         });
}

// Copies what `from` says to `to` until it ends; the other direction goes on.
void Copy(Socket from, Socket to, std::shared_ptr<Buffer> buffer) {
  from->async_read_some(asio::buffer(*buffer), [=](Error error, size_t size) {
    Error ignored;
    if (error) {
      to->shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    asio::async_write(*to, asio::buffer(*buffer, size), [=](Error failed, size_t) {
      if (!failed) Copy(from, to, buffer);
    });
  });
}

void Proxy(Socket client, const tcp::endpoint& target) {
  auto server = std::make_shared<tcp::socket>(client->get_executor());
  server->async_connect(target, [=](Error error) {
    if (error) return;
    server->set_option(tcp::no_delay(true));
    Copy(client, server, std::make_shared<Buffer>());
    Copy(server, client, std::make_shared<Buffer>());
  });
}

template <typename Handler>
void Accept(tcp::acceptor& acceptor, Handler handle) {
  auto socket = std::make_shared<tcp::socket>(acceptor.get_executor());
  acceptor.async_accept(*socket, [=, &acceptor](Error error) {
    if (error) return;
    socket->set_option(tcp::no_delay(true));
    handle(socket);
    Accept(acceptor, handle);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  asio::io_context context(1);
  tcp::acceptor acceptor(context, tcp::endpoint(tcp::v4(), atoi(argv[2])));
  if (std::string(argv[1]) == "serve") {
    Accept(acceptor, [](Socket socket) { Answer(socket, std::make_shared<std::string>()); });
  } else if (argc == 5) {
    const tcp::endpoint target(asio::ip::make_address(argv[3]), atoi(argv[4]));
    Accept(acceptor, [=](Socket socket) { Proxy(socket, target); });
  } else {
    return 2;
  }
  context.run();
}
