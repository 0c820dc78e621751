#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/workloads/faas/function.h"
#include "plugins/workloads/faas/http.h"

namespace weft::faas {

// One connection to where functions answer.
struct Connection {
  Connection(const asio::any_io_executor& executor, std::string where)
      : stream(executor), to(std::move(where)) {}

  beast::tcp_stream stream;
  beast::flat_buffer buffer;  // What was read and not used.
  const std::string to;       // "HOST:PORT"
  std::chrono::steady_clock::time_point made = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point idle_since;
};

// Idle connections of one loop, for reuse. Not thread-safe.
class ConnectionPool {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // The connection to `endpoint` that was used last, if it is open and has been idle for less than
  // `longest`; else null.
  std::unique_ptr<Connection> Take(const Endpoint& endpoint, Duration longest);
  // Keeps a connection, unless it was made more than 5 s ago: that one is closed.
  void Put(std::unique_ptr<Connection> connection);
  // Closes what has been idle for `longest`.
  void Prune(Duration longest);

 private:
  std::map<std::string, std::vector<std::unique_ptr<Connection>>> idle_;  // Oldest first.
};

// A new connection; null: nobody takes it, or not within 2 s.
asio::awaitable<std::unique_ptr<Connection>> Connect(const Endpoint& endpoint);

}  // namespace weft::faas
