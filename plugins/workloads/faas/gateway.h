#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "plugins/workloads/faas/functions.h"

namespace weft::faas {

// The door to functions: an HTTP/1.1 server that passes requests on to them (exchange.h). A few
// threads, each with a loop of its own and the connections that it was given; nothing is shared
// between them but Functions. Thread-safe.
class Gateway {
 public:
  struct Options {
    std::string address;  // As Listen in listener.h.
    int threads = 2;
    size_t connections = 8192;  // Of clients; more wait to be taken.
    absl::Duration drain = absl::Seconds(5);
  };

  // Moves the time of `functions` on until Stop. `functions` must outlive this.
  Gateway(Functions& functions, Options options);
  ~Gateway();  // As Stop.

  // Begins to listen; later calls do nothing. Where it cannot, it says why in the log and tries
  // again every 5 s: another process may hold the address for now, and functions that are never
  // asked run without a gateway.
  void Listen();

  // The TCP port that it listens on; 0: none.
  int port() const;

  // Takes no more connections, lets requests under way end within Options::drain, fails those that
  // are held. Idempotent.
  void Stop();

 private:
  class Server;
  const std::unique_ptr<Server> server_;
};

}  // namespace weft::faas
