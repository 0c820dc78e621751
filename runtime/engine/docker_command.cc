// A command in a container, by the Docker Engine API: "Create an exec instance" and what follows.
#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "runtime/engine/container_json.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/engine/log_frames.h"

namespace weft::engine {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(30);
// Its streams may end a little before the engine knows how it did, and there is no call that waits
// for that; one that closes its streams may go on for as long as it likes.
constexpr absl::Duration kUntilItEnds = absl::Seconds(10);
constexpr absl::Duration kLookAgain = absl::Milliseconds(5);

// Keys at which the engine would let go of a terminal; nobody types these.
constexpr char kDetachKeys[] = "ctrl-^,ctrl-@,ctrl-^,ctrl-@,ctrl-^";

class DockerCommand final : public Command {
 public:
  DockerCommand(const HttpClient& http, std::string exec, bool tty,
                std::unique_ptr<RawConnection> streams)
      : http_(http), exec_(std::move(exec)), tty_(tty), streams_(std::move(streams)) {}

  absl::StatusOr<std::optional<Output>> Read() override {
    while (pending_.empty()) {
      WEFT_ASSIGN_OR_RETURN(std::string bytes, streams_->Read());
      if (bytes.empty()) return std::nullopt;
      if (tty_) return Output{false, std::move(bytes)};
      frames_.Take(bytes);
    }
    Output next = std::move(pending_.front());
    pending_.pop_front();
    return next;
  }

  absl::StatusOr<int64_t> ExitCode() override {
    const absl::Time end = absl::Now() + kUntilItEnds;
    do {
      WEFT_ASSIGN_OR_RETURN(const HttpResponse response,
                            http_.Send({"GET", exec_ + "/json", ""}, kDeadline));
      WEFT_RETURN_IF_ERROR(StatusFromAnswer(response.status, response.body, "ask how it ended"));
      WEFT_ASSIGN_OR_RETURN(const json::value now, json::Parse(response.body));
      if (!json::GetBool(now, {"Running"})) return json::GetInt(now, {"ExitCode"});
      absl::SleepFor(kLookAgain);
    } while (absl::Now() < end);
    return absl::UnavailableError("it has closed its streams and goes on");
  }

  absl::Status Write(std::string_view input) override { return streams_->Write(input); }
  // The engine would close a terminal's output with its input.
  void CloseInput() override {
    if (tty_) {
      streams_->Write(kEndOfInput).IgnoreError();
    } else {
      streams_->CloseWrite();
    }
  }

  absl::Status Resize(uint32_t columns, uint32_t rows) override {
    WEFT_ASSIGN_OR_RETURN(
        const HttpResponse response,
        http_.Send({"POST", absl::StrCat(exec_, "/resize?h=", rows, "&w=", columns), ""},
                   kDeadline));
    return StatusFromAnswer(response.status, response.body, "resize a terminal");
  }

  // The engine closes a command's input when its caller is gone, but not that of a terminal.
  void Cancel() override { streams_->Cancel(tty_ ? kEndOfInput : ""); }

 private:
  const HttpClient& http_;
  const std::string exec_;  // Its path.
  const bool tty_;
  const std::unique_ptr<RawConnection> streams_;
  std::deque<Output> pending_;
  LogFrames frames_{[this](std::string_view bytes) {
    pending_.push_back({frames_.of_error(), std::string(bytes)});
    return true;
  }};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Command>> DockerEngine::StartCommand(const std::string& id,
                                                                    const CommandSpec& spec) {
  const std::string attempted = "run a command in container " + id.substr(0, 12);
  WEFT_ASSIGN_OR_RETURN(
      const json::value made,
      Ask("POST", absl::StrCat("/containers/", UrlEncode(id), "/exec"), attempted,
          json::Canonical(json::object{{"Cmd", json::array(spec.words.begin(), spec.words.end())},
                                       {"AttachStdin", spec.input},
                                       {"AttachStdout", true},
                                       {"AttachStderr", true},
                                       {"DetachKeys", kDetachKeys},
                                       {"Tty", spec.tty}})));
  const std::string exec = absl::StrCat("/v1.41/exec/", UrlEncode(json::GetString(made, {"Id"})));
  HttpResponse refused;
  WEFT_ASSIGN_OR_RETURN(
      std::unique_ptr<RawConnection> streams,
      http_.Upgrade({"POST", exec + "/start",
                     json::Canonical(json::object{{"Detach", false}, {"Tty", spec.tty}})},
                    kDeadline, refused));
  if (streams != nullptr)
    return std::make_unique<DockerCommand>(http_, exec, spec.tty, std::move(streams));
  WEFT_RETURN_IF_ERROR(StatusFromAnswer(refused.status, refused.body, attempted));
  return absl::UnimplementedError(attempted + ": the engine gives no connection for it");
}

}  // namespace weft::engine
