#include "runtime/kubernetes/port_channels.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::kubernetes {
namespace {

enum Channel : char { kData = 0, kErrors = 1 };

// The API server takes a message whole before it passes it on.
constexpr size_t kLargestMessage = 32 * 1024;

}  // namespace

absl::StatusOr<std::string> PortChannels::Read() {
  WEFT_ASSIGN_OR_RETURN(std::optional<Piece> piece, Next());
  return piece.has_value() ? std::move(piece->bytes) : "";
}

absl::Status PortChannels::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kLargestMessage);
    WEFT_RETURN_IF_ERROR(Send(kData, part));
    bytes.remove_prefix(part.size());
  }
  return absl::OkStatus();
}

void PortChannels::TakeLocked(char channel, std::string_view bytes) {
  if (channel == kData) {
    if (std::exchange(data_began_, true)) Hold(channel, bytes);
  } else if (channel == kErrors && std::exchange(errors_began_, true)) {
    SetEnd(absl::UnavailableError(absl::string_view(bytes.data(), bytes.size())));
  }
}

}  // namespace weft::kubernetes
