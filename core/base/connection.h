#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft {

// Bytes both ways to something that listens, wherever that is. One thread reads while another one
// writes; Cancel may come from any.
class Connection {
 public:
  virtual ~Connection() = default;

  // Blocks for the next bytes, without a limit; empty: the end.
  virtual absl::StatusOr<std::string> Read() = 0;
  // Blocks until they are on their way. An error: nobody takes them any more.
  virtual absl::Status Write(std::string_view bytes) = 0;
  // The other side reads its end, and goes on writing. Once.
  virtual void CloseWrite() = 0;

  // Read and Write return.
  virtual void Cancel() = 0;
};

}  // namespace weft
