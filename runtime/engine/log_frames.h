#pragma once

#include <string>
#include <string_view>

#include "runtime/engine/engine.h"

namespace weft::engine {

// Takes the frames off a container's output: 8 bytes of header (stream, 0, 0, 0, length as 32 bits
// big-endian), then so many bytes. Source: Docker Engine API, "Attach to a container", "Stream
// format". Not thread-safe.
class LogFrames {
 public:
  explicit LogFrames(ChunkSink sink) : sink_(std::move(sink)) {}

  // Takes the next bytes of the stream, cut anywhere. False: the sink wants no more.
  bool Take(std::string_view bytes);

  // For the sink: the frame that it is given is of standard error.
  bool of_error() const { return of_error_; }

 private:
  const ChunkSink sink_;
  std::string header_;
  size_t remaining_ = 0;  // Of the frame under way.
  bool of_error_ = false;
};

}  // namespace weft::engine
