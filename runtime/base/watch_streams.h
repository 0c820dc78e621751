#pragma once

#include <grpcpp/grpcpp.h>
#include <map>
#include <mutex>
#include <string>

#include "core/base/keyed_queue.h"
#include "runtime/base/board.h"
#include "weft/runtime/v1/runtime.pb.h"

namespace weft::runtime {

// The Watch calls under way: each writes as fast as its client reads, and holds nothing but what
// Board::Subscription does. Thread-safe.
class WatchStreams {
 public:
  explicit WatchStreams(Board& board);
  ~WatchStreams();  // All calls are over by then: the server was shut down.

  grpc::ServerWriteReactor<v1::WatchResponse>* Open();

  // Ends every call with UNAVAILABLE, also those that come later.
  void Drain();

 private:
  class Stream;
  void Closed(const std::string& id);
  KeyedQueue::Clock::duration Pump(const std::string& id);

  Board& board_;
  std::mutex mutex_;
  std::map<std::string, Stream*> streams_;  // They delete themselves.
  int64_t counter_ = 0;
  bool draining_ = false;
  KeyedQueue queue_;  // Of streams for which there is news. Last: its thread uses the rest.
};

}  // namespace weft::runtime
