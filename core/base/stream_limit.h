#pragma once

#include <atomic>
#include <grpcpp/grpcpp.h>

namespace weft {

// How many calls there may be that stream bytes. Thread-safe.
class StreamLimit {
 public:
  explicit StreamLimit(int limit) : free_(limit) {}

  // False: none is free. Else Return is to be called once.
  bool Take() {
    if (free_.fetch_sub(1) > 0) return true;
    free_.fetch_add(1);
    return false;
  }
  void Return() { free_.fetch_add(1); }

 private:
  std::atomic<int> free_;
};

inline grpc::Status TooManyStreams() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams of bytes are under way"};
}

}  // namespace weft
