#include "plugins/workloads/faas/connection_pool.h"

#include <cerrno>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "absl/strings/str_cat.h"

namespace weft::faas {
namespace {

using asio::ip::tcp;
using std::chrono::steady_clock;

constexpr auto kConnectLimit = std::chrono::seconds(2);
constexpr size_t kIdleForEach = 64;
// A Service chooses a pod when a connection is made: old ones would never reach a pod that came
// later.
constexpr auto kLongestUse = std::chrono::seconds(5);

std::string Where(const Endpoint& endpoint) {
  return absl::StrCat(endpoint.host, ":", endpoint.port);
}

// Whether the other side has neither closed the connection nor said anything unasked.
bool IsQuiet(Connection& connection) {
  char byte = 0;
  const ssize_t n =
      recv(connection.stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && connection.buffer.size() == 0;
}

}  // namespace

std::unique_ptr<Connection> ConnectionPool::Take(const Endpoint& endpoint, Duration longest) {
  const auto found = idle_.find(Where(endpoint));
  if (found == idle_.end()) return nullptr;
  std::vector<std::unique_ptr<Connection>>& idle = found->second;
  while (!idle.empty() && steady_clock::now() - idle.back()->idle_since < longest) {
    std::unique_ptr<Connection> connection = std::move(idle.back());
    idle.pop_back();
    if (IsQuiet(*connection)) return connection;
  }
  return nullptr;
}

void ConnectionPool::Put(std::unique_ptr<Connection> connection) {
  connection->stream.expires_never();
  connection->idle_since = steady_clock::now();
  if (connection->idle_since - connection->made >= kLongestUse) return;
  std::vector<std::unique_ptr<Connection>>& idle = idle_[connection->to];
  if (idle.size() >= kIdleForEach) idle.erase(idle.begin());
  idle.push_back(std::move(connection));
}

void ConnectionPool::Prune(Duration longest) {
  const auto now = steady_clock::now();
  for (auto& [to, idle] : idle_)
    std::erase_if(idle, [&](const auto& each) { return now - each->idle_since >= longest; });
  std::erase_if(idle_, [](const auto& each) { return each.second.empty(); });
}

asio::awaitable<std::unique_ptr<Connection>> Connect(const Endpoint& endpoint) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto connection = std::make_unique<Connection>(executor, Where(endpoint));
  connection->stream.expires_after(kConnectLimit);
  error_code ec;
  const asio::ip::address address = asio::ip::make_address(endpoint.host, ec);
  if (ec) co_return nullptr;
  const tcp::endpoint at(address, static_cast<uint16_t>(endpoint.port));
  std::tie(ec) = co_await connection->stream.async_connect(at, kAwait);
  if (ec) co_return nullptr;
  connection->stream.socket().set_option(tcp::no_delay(true), ec);
  co_return connection;
}

}  // namespace weft::faas
