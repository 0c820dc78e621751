#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/connection.h"

namespace weft::engine {

// A socket: what an HTTP connection has become after an upgrade, or one that is connected. Errors
// as those of recv(2) and send(2).
class RawConnection final : public Connection {
 public:
  // Owns `fd`. `first`: what came already.
  RawConnection(int fd, std::string first) : fd_(fd), first_(std::move(first)) {}
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection() override;

  absl::StatusOr<std::string> Read() override;
  // Blocks until the kernel has taken all.
  absl::Status Write(std::string_view bytes) override;
  void CloseWrite() override;
  void Cancel() override { Cancel(""); }
  // `last` goes before, as far as there is room for it.
  void Cancel(std::string_view last);

 private:
  const int fd_;
  std::string first_;
};

}  // namespace weft::engine
