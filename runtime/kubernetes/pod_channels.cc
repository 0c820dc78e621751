#include "runtime/kubernetes/pod_channels.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::kubernetes {

constexpr size_t kMostHeld = 256 * 1024;  // Bytes, each way.

absl::StatusOr<std::optional<PodChannels::Piece>> PodChannels::Next() {
  std::unique_lock lock(mutex_);
  const auto is_there = [&] { return !held_.empty() || end_.has_value(); };
  changed_.wait(lock, [&] { return is_there() || silence_.has_value(); });
  if (!is_there() && !changed_.wait_for(lock, *silence_, is_there)) SetEnd(absl::OkStatus());
  if (held_.empty()) {
    if (!end_->ok()) return *end_;
    return std::nullopt;
  }
  Piece next = std::move(held_.front());
  held_.pop_front();
  held_bytes_ -= next.bytes.size();
  lock.unlock();
  Wake();
  return next;
}

void PodChannels::EndAfterSilence(std::chrono::milliseconds silence) {
  std::lock_guard lock(mutex_);
  silence_ = silence;
  changed_.notify_all();
}

absl::Status PodChannels::Send(char channel, std::string_view bytes) {
  std::string message =
      absl::StrCat(std::string(1, channel), absl::string_view(bytes.data(), bytes.size()));
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return to_send_bytes_ < kMostHeld || end_.has_value(); });
    if (end_.has_value()) return absl::UnavailableError("it has ended");
    to_send_bytes_ += message.size();
    to_send_.push_back(std::move(message));
  }
  Wake();
  return absl::OkStatus();
}

std::optional<absl::Status> PodChannels::end() {
  std::lock_guard lock(mutex_);
  return end_;
}

void PodChannels::Hold(char channel, std::string_view bytes) {
  held_bytes_ += bytes.size();
  held_.push_back({channel, std::string(bytes)});
}

void PodChannels::SetEnd(absl::Status how) {
  if (!end_.has_value()) end_ = std::move(how);
}

void PodChannels::Take(std::string_view message) {
  if (message.size() < 2) return;  // A channel is open.
  std::lock_guard lock(mutex_);
  TakeLocked(message[0], message.substr(1));
  changed_.notify_all();
}

bool PodChannels::IsFull() {
  std::lock_guard lock(mutex_);
  return held_bytes_ > kMostHeld && !ended_;
}

std::optional<std::string> PodChannels::NextToSend() {
  std::lock_guard lock(mutex_);
  if (to_send_.empty()) return std::nullopt;
  std::string next = std::move(to_send_.front());
  to_send_.pop_front();
  to_send_bytes_ -= next.size();
  changed_.notify_all();
  return next;
}

void PodChannels::End(absl::Status why) {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    SetEnd(std::move(why));
    changed_.notify_all();
  }
  Wake();
}

void PodChannels::Close() { End(WhenClosed()); }

bool PodChannels::ended() {
  std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace weft::kubernetes
