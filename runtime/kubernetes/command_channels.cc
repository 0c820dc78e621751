#include "runtime/kubernetes/command_channels.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "core/base/status.h"

namespace weft::kubernetes {
namespace {

constexpr size_t kMostHeld = 256 * 1024;  // Bytes, each way.

enum Channel : char { kStdin = 0, kStdout = 1, kStderr = 2, kError = 3, kResize = 4 };
constexpr char kClose = '\xff';  // The next byte says which one; v5.

// What the last message says: the exit code, or why there is none.
absl::StatusOr<int64_t> ReadEnd(std::string_view text) {
  WEFT_ASSIGN_OR_RETURN(const json::value end, json::Parse(text));
  if (json::GetString(end, {"status"}) == "Success") return 0;
  if (const json::value* details = json::Find(end, "details")) {
    for (const json::value& cause : json::ListAt(*details, "causes")) {
      int64_t code = 0;
      if (json::GetString(cause, {"reason"}) == "ExitCode" &&
          absl::SimpleAtoi(json::GetString(cause, {"message"}), &code))
        return code;
    }
  }
  const std::string message = json::GetString(end, {"message"});
  // There is no reason for it but these words of the container runtime.
  for (const char* missing : {"executable file not found", "no such file or directory"})
    if (absl::StrContains(message, missing)) return absl::InvalidArgumentError(message);
  return absl::UnavailableError(absl::StrCat("run a command: ", message));
}

}  // namespace

absl::StatusOr<std::optional<Command::Output>> CommandChannels::Read() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !outputs_.empty() || end_.has_value(); });
  if (outputs_.empty()) {
    if (!end_->ok()) return end_->status();
    return std::nullopt;
  }
  Output next = std::move(outputs_.front());
  outputs_.pop_front();
  held_ -= next.bytes.size();
  lock.unlock();
  Wake();
  return next;
}

absl::StatusOr<int64_t> CommandChannels::ExitCode() {
  std::lock_guard lock(mutex_);
  if (!end_.has_value()) return absl::UnavailableError("it has not ended");
  return *end_;
}

absl::Status CommandChannels::Write(std::string_view input) {
  return Send(absl::StrCat(std::string(1, kStdin), absl::string_view(input.data(), input.size())));
}

void CommandChannels::CloseInput() {
  if (spec_.tty) {
    Write(kEndOfInput).IgnoreError();
  } else if (new_protocol_) {
    Send({kClose, kStdin}).IgnoreError();
  } else {
    End(absl::FailedPreconditionError(
        "the input of a command cannot be closed on this Kubernetes: it is older than 1.30"));
    Cancel();
  }
}

absl::Status CommandChannels::Resize(uint32_t columns, uint32_t rows) {
  return Send(
      absl::StrCat(std::string(1, kResize), R"({"Width":)", columns, R"(,"Height":)", rows, "}"));
}

absl::Status CommandChannels::Send(std::string message) {
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

void CommandChannels::Take(std::string_view message) {
  if (message.size() < 2) return;
  const std::string_view rest = message.substr(1);
  std::lock_guard lock(mutex_);
  if (message[0] == kStdout || message[0] == kStderr) {
    held_ += rest.size();
    outputs_.push_back({message[0] == kStderr, std::string(rest)});
  } else if (message[0] == kError && !end_.has_value()) {
    end_ = ReadEnd(rest);
  }
  changed_.notify_all();
}

bool CommandChannels::IsFull() {
  std::lock_guard lock(mutex_);
  return held_ > kMostHeld && !ended_;
}

std::optional<std::string> CommandChannels::NextToSend() {
  std::lock_guard lock(mutex_);
  if (to_send_.empty()) return std::nullopt;
  std::string next = std::move(to_send_.front());
  to_send_.pop_front();
  to_send_bytes_ -= next.size();
  changed_.notify_all();
  return next;
}

void CommandChannels::End(absl::Status why) {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    if (!end_.has_value()) end_ = std::move(why);
    changed_.notify_all();
  }
  Wake();
}

bool CommandChannels::ended() {
  std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace weft::kubernetes
