#include "runtime/local/pod_volumes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "runtime/anchor/anchor_image.h"

namespace weft::local {
namespace {

constexpr absl::Duration kCommand = absl::Seconds(10);  // It touches a few files.

bool WasMade(const Pod& pod) {
  return std::any_of(pod.members.begin(), pod.members.end(),
                     [](const Member& member) { return !member.run.container.id.empty(); });
}

}  // namespace

void PodVolumes::Fresh(const std::string& key, const Pod& pod) { known_.Set(key, pod.sandbox, {}); }

bool PodVolumes::Filled(const std::string& key, const Pod& pod) const {
  return !known_.Find(key, pod.sandbox).value_or(Hashes()).empty();
}

absl::Status PodVolumes::Look(const std::string& key, const Pod& pod) {
  if (known_.Find(key, pod.sandbox).has_value()) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(Hashes hashes, Ask(pod));
  known_.Set(key, pod.sandbox, std::move(hashes));
  return absl::OkStatus();
}

// Nothing, unless all of it is there.
absl::StatusOr<PodVolumes::Hashes> PodVolumes::Ask(const Pod& pod) {
  std::vector<std::string> command = {"published"};
  Hashes hashes;
  for (const Volume& volume : pod.rules.volumes) {
    hashes[volume.name];
    if (!volume.kind.empty()) command.push_back(VolumePath(volume.name));
  }
  if (command.size() == 1) return WasMade(pod) ? hashes : Hashes();
  WEFT_ASSIGN_OR_RETURN(const std::string output, Run(pod, command));
  const std::vector<std::string> lines = absl::StrSplit(output, '\n');
  size_t line = 0;
  for (const Volume& volume : pod.rules.volumes) {
    if (volume.kind.empty()) continue;
    if (line >= lines.size() || lines[line].size() < 2) return Hashes();
    hashes[volume.name] = lines[line++].substr(2);
  }
  return hashes;
}

absl::Status PodVolumes::Fill(const std::string& key, const Pod& pod,
                              const std::map<std::string, VolumeFiles>& files) {
  Hashes hashes = known_.Find(key, pod.sandbox).value_or(Hashes());
  if (hashes.empty()) {
    // What containers have made of a directory stays.
    const std::string archive =
        InitialArchive(pod.rules.volumes, files, /*directories=*/!WasMade(pod), absl::Now());
    if (!archive.empty())
      WEFT_RETURN_IF_ERROR(engine_.Unpack(pod.sandbox.id, VolumePath(""), archive));
    WEFT_RETURN_IF_ERROR(OpenClaims(pod));
    for (const Volume& volume : pod.rules.volumes) hashes[volume.name];
    for (const auto& [volume, of] : files) hashes[volume] = of.hash;
    known_.Set(key, pod.sandbox, hashes);
  }
  for (const auto& [volume, of] : files) {
    if (hashes[volume] == of.hash) continue;
    WEFT_RETURN_IF_ERROR(
        engine_.Unpack(pod.sandbox.id, VolumePath(volume), UpdateArchive(of, absl::Now())));
    WEFT_RETURN_IF_ERROR(
        Run(pod, {"publish", VolumePath(volume), absl::StrCat("..", of.hash)}).status());
    hashes[volume] = of.hash;
    known_.Set(key, pod.sandbox, hashes);
  }
  return absl::OkStatus();
}

// Whatever user the containers run as can write to a claim that nobody has written to.
absl::Status PodVolumes::OpenClaims(const Pod& pod) {
  std::vector<std::string> command = {"open"};
  for (const Volume& volume : pod.rules.volumes)
    if (!volume.claim.empty()) command.push_back(VolumePath(volume.name));
  return command.size() == 1 ? absl::OkStatus() : Run(pod, std::move(command)).status();
}

// What the program of sandboxes says. Source: runtime/anchor/anchor.cc.
absl::StatusOr<std::string> PodVolumes::Run(const Pod& pod, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), anchor::kProgramPath);
  WEFT_ASSIGN_OR_RETURN(engine::ExecResult result,
                        engine_.Exec(pod.sandbox.id, arguments, kCommand));
  if (result.exit_code == 0) return std::move(result.output);
  return absl::InternalError(
      absl::StrCat("the sandbox cannot ", arguments[1], ": ", result.output));
}

}  // namespace weft::local
