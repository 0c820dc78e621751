#include "runtime/kubernetes/command_channels.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "core/base/status.h"

namespace weft::kubernetes {
namespace {

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
  WEFT_ASSIGN_OR_RETURN(std::optional<Piece> piece, Next());
  if (!piece.has_value()) return std::nullopt;
  return Output{piece->channel == kStderr, std::move(piece->bytes)};
}

absl::StatusOr<int64_t> CommandChannels::ExitCode() {
  const std::optional<absl::Status> how = end();
  if (!how.has_value()) return absl::UnavailableError("it has not ended");
  WEFT_RETURN_IF_ERROR(*how);
  return exit_code_;
}

absl::Status CommandChannels::Write(std::string_view input) { return Send(kStdin, input); }

void CommandChannels::CloseInput() {
  if (spec_.tty) {
    Write(kEndOfInput).IgnoreError();
  } else if (new_protocol_) {
    Send(kClose, std::string(1, kStdin)).IgnoreError();
  } else {
    End(absl::FailedPreconditionError(
        "the input of a command cannot be closed on this Kubernetes: it is older than 1.30"));
    Cancel();
  }
}

absl::Status CommandChannels::Resize(uint32_t columns, uint32_t rows) {
  return Send(kResize, absl::StrCat(R"({"Width":)", columns, R"(,"Height":)", rows, "}"));
}

void CommandChannels::TakeLocked(char channel, std::string_view bytes) {
  if (channel == kStdout || channel == kStderr) return Hold(channel, bytes);
  if (channel != kError) return;
  const absl::StatusOr<int64_t> how = ReadEnd(bytes);
  if (how.ok()) exit_code_ = *how;
  SetEnd(how.status());
}

absl::Status CommandChannels::WhenClosed() const {
  return absl::UnavailableError("run a command: the connection ended before it did");
}

}  // namespace weft::kubernetes
