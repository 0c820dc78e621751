#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/readable.h"
#include "runtime/local/prober.h"

namespace weft::local {
namespace {

constexpr size_t kMostToTell = 200;  // Bytes of a command's output.

// The start of what a command said.
std::string Text(const std::string& output) {
  return Readable(std::string(absl::StripAsciiWhitespace(output.substr(0, kMostToTell))));
}

}  // namespace

absl::Status ProbeExec(engine::Engine& engine, const ProbeTarget& target) {
  const std::vector<std::string>& command = std::get<Exec>(target.probe.action).command;
  const std::string what = absl::StrJoin(command, " ");
  const absl::StatusOr<engine::ExecResult> result =
      engine.Exec(target.container_id, command, target.probe.timeout);
  if (absl::IsDeadlineExceeded(result.status()))
    return absl::UnavailableError(
        absl::StrCat(what, ": did not end within ", absl::FormatDuration(target.probe.timeout)));
  // A program that there is not is the container's fault, an engine that is away is not.
  if (absl::IsInvalidArgument(result.status()))
    return absl::UnavailableError(absl::StrCat(what, ": ", std::string(result.status().message())));
  if (!result.ok()) return absl::AbortedError(std::string(result.status().message()));
  if (result->exit_code == 0) return absl::OkStatus();
  const std::string output = Text(result->output);
  return absl::UnavailableError(
      absl::StrCat(what, ": exit code ", result->exit_code, output.empty() ? "" : ": ", output));
}

absl::Status AskContainer(engine::Engine& engine, const ProbeTarget& target) {
  if (std::holds_alternative<HttpGet>(target.probe.action)) return ProbeHttp(target);
  if (std::holds_alternative<TcpSocket>(target.probe.action)) return ProbeTcp(target);
  return ProbeExec(engine, target);
}

}  // namespace weft::local
