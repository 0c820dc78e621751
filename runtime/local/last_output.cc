#include "runtime/local/last_output.h"

#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "core/base/readable.h"
#include "runtime/local/attempts.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

// Source: Kubernetes API, core/v1 Container.terminationMessagePolicy.
constexpr size_t kMostBytes = 2048;
constexpr int64_t kMostLines = 80;

bool IsAsked(const engine::Container& run) {
  return run.labels.contains(kTellOutputLabel) && run.exit_code != 0 &&
         (run.state == "exited" || run.state == "dead");
}

// The end of `text`, from the start of a character.
std::string_view EndOf(std::string_view text) {
  if (text.size() <= kMostBytes) return text;
  text.remove_prefix(text.size() - kMostBytes);
  while (!text.empty() && (static_cast<unsigned char>(text[0]) & 0xC0) == 0x80)
    text.remove_prefix(1);
  return text;
}

}  // namespace

void LastOutputs::Tell(const std::string& key, std::vector<Pod>& pods) {
  const auto tell = [&](Run& run) {
    if (!IsAsked(run.container) || !run.output.empty()) return;
    std::optional<std::string> output = known_.Find(key, run.container);
    if (!output.has_value()) {
      output = Read(run.container);
      if (!output.has_value()) return;
      known_.Set(key, run.container, *output);
    }
    run.output = *std::move(output);
  };
  for (Pod& pod : pods) {
    for (Member& member : pod.members) {
      tell(member.run);
      if (member.previous.has_value()) tell(*member.previous);
    }
  }
}

std::optional<std::string> LastOutputs::Read(const engine::Container& run) const {
  std::string output;
  // A container of a former template is started again as it is, 10 s later at the earliest; a
  // little may be written before the engine notes the start.
  const std::string since = TimeText(TimeOf(run.started_at) - absl::Seconds(5));
  engine::StreamControl control;
  const absl::Status read = engine_.ReadLogs(run.id, {.tail = kMostLines, .since = since}, control,
                                             [&](std::string_view piece) {
                                               output.append(piece);
                                               if (output.size() > 3 * kMostBytes)
                                                 output.erase(0, output.size() - 2 * kMostBytes);
                                               return true;
                                             });
  if (EngineIsAway(read)) return std::nullopt;
  if (!read.ok()) return "";  // As of an engine that keeps no output.
  return Readable(EndOf(output));
}

}  // namespace weft::local
