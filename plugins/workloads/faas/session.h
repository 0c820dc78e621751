#pragma once

#include "plugins/workloads/faas/connection_pool.h"
#include "plugins/workloads/faas/functions.h"
#include "plugins/workloads/faas/http.h"

namespace weft::faas {

// The connection of one client: its requests, one after the other. Lives on one executor.
class Session {
 public:
  // All must outlive this.
  Session(ClientStream client, Functions& functions, ConnectionPool& pool)
      : client_(std::move(client)), functions_(functions), pool_(pool) {}

  // Until the client leaves, or Drain.
  asio::awaitable<void> Run();

  // Ends after the request that is under way, or now. On the session's executor.
  void Drain();

 private:
  asio::awaitable<bool> Serve(RequestParser& request);
  asio::awaitable<bool> Pass(RequestParser& request, FunctionName name, std::string path);

  ClientStream client_;
  beast::flat_buffer buffer_;
  Functions& functions_;
  ConnectionPool& pool_;
  bool waiting_ = false;  // For the next request.
  bool draining_ = false;
};

}  // namespace weft::faas
