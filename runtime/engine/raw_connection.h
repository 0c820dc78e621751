#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/connection.h"

namespace weft::engine {

// A socket: what an HTTP connection has become after an upgrade, or one that is connected. Its
// errors are UNAVAILABLE, with those of recv(2) and send(2).
class RawConnection final : public Connection {
 public:
  // Owns `fd`. `first`: what came already. `peer`, who is there, is for errors.
  RawConnection(int fd, std::string first, std::string peer)
      : fd_(fd), first_(std::move(first)), peer_(std::move(peer)) {}
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
  absl::Status Failed(absl::string_view attempted) const;  // By errno.

  const int fd_;
  std::string first_;
  const std::string peer_;
};

}  // namespace weft::engine
