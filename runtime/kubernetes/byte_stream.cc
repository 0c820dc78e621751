#include "runtime/kubernetes/byte_stream.h"

#include <utility>

#include "runtime/kubernetes/api_status.h"

namespace weft::kubernetes {
namespace {

constexpr size_t kMostHeld = 256 * 1024;

}  // namespace

ByteStream::ByteStream(HttpClient& client, const HttpRequest& request)
    : stream_(client.Open(request, {[this](std::string_view bytes) { return TakeBytes(bytes); },
                                    [this](auto response) { TakeEnd(std::move(response)); }})) {}

bool ByteStream::TakeBytes(std::string_view bytes) {
  std::lock_guard lock(mutex_);
  held_back_ = buffer_.size() >= kMostHeld;
  if (held_back_) return false;
  buffer_.append(bytes);
  changed_.notify_all();
  return true;
}

void ByteStream::TakeEnd(absl::StatusOr<HttpResponse> response) {
  std::lock_guard lock(mutex_);
  end_ = std::move(response);
  changed_.notify_all();
}

absl::StatusOr<std::optional<std::string>> ByteStream::Read(absl::string_view attempted) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return cancelled_ || !buffer_.empty() || end_.has_value(); });
  if (cancelled_) return absl::CancelledError("the reader is gone");
  if (!buffer_.empty()) {
    std::string bytes = std::exchange(buffer_, "");
    if (std::exchange(held_back_, false)) stream_->Resume();
    return std::optional<std::string>(std::move(bytes));
  }
  if (!end_->ok()) return end_->status();
  if (!(*end_)->ok()) return ToStatus(ReadApiStatus(**end_), attempted);
  return std::optional<std::string>();
}

void ByteStream::Cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

}  // namespace weft::kubernetes
