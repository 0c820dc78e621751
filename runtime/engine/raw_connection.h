#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft::engine {

// What an HTTP connection has become after an upgrade: bytes both ways. One thread reads while
// another one writes; Cancel may come from any.
class RawConnection {
 public:
  // Owns `fd`. `first`: what came already.
  RawConnection(int fd, std::string first) : fd_(fd), first_(std::move(first)) {}
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection();

  // Blocks for the next bytes, without a limit; empty: the end. Errors as those of recv(2).
  absl::StatusOr<std::string> Read();
  // Blocks until the kernel has taken all. Errors as those of send(2).
  absl::Status Write(std::string_view bytes);
  // The other side reads its end, and goes on writing.
  void CloseWrite();
  // Read and Write return. `last` goes before, as far as there is room for it.
  void Cancel(std::string_view last = "");

 private:
  const int fd_;
  std::string first_;
};

}  // namespace weft::engine
