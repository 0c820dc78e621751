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

void PodVolumes::Fresh(const std::string& key, const Pod& pod) { Remember(key, pod, {}); }

void PodVolumes::Remember(const std::string& key, const Pod& pod, Hashes hashes) {
  std::lock_guard lock(mutex_);
  known_[key][RunKey(pod.sandbox)] = std::move(hashes);
}

std::optional<PodVolumes::Hashes> PodVolumes::Known(const std::string& key, const Pod& pod) const {
  std::lock_guard lock(mutex_);
  const auto of_key = known_.find(key);
  if (of_key == known_.end()) return std::nullopt;
  const auto found = of_key->second.find(RunKey(pod.sandbox));
  return found == of_key->second.end() ? std::nullopt : std::optional(found->second);
}

bool PodVolumes::Filled(const std::string& key, const Pod& pod) const {
  return !Known(key, pod).value_or(Hashes()).empty();
}

absl::Status PodVolumes::Look(const std::string& key, const Pod& pod) {
  if (Known(key, pod).has_value()) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(Hashes hashes, Ask(pod));
  Remember(key, pod, std::move(hashes));
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
  Hashes hashes = Known(key, pod).value_or(Hashes());
  if (hashes.empty()) {
    // What containers have made of a directory stays.
    const std::string archive =
        InitialArchive(pod.rules.volumes, files, /*directories=*/!WasMade(pod), absl::Now());
    if (!archive.empty())
      WEFT_RETURN_IF_ERROR(engine_.Unpack(pod.sandbox.id, VolumePath(""), archive));
    WEFT_RETURN_IF_ERROR(OpenClaims(pod));
    for (const Volume& volume : pod.rules.volumes) hashes[volume.name];
    for (const auto& [volume, of] : files) hashes[volume] = of.hash;
    Remember(key, pod, hashes);
  }
  for (const auto& [volume, of] : files) {
    if (hashes[volume] == of.hash) continue;
    WEFT_RETURN_IF_ERROR(
        engine_.Unpack(pod.sandbox.id, VolumePath(volume), UpdateArchive(of, absl::Now())));
    WEFT_RETURN_IF_ERROR(
        Run(pod, {"publish", VolumePath(volume), absl::StrCat("..", of.hash)}).status());
    hashes[volume] = of.hash;
    Remember(key, pod, hashes);
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

void PodVolumes::Keep(const std::string& key, const std::vector<engine::Container>& containers) {
  std::lock_guard lock(mutex_);
  const auto of_key = known_.find(key);
  if (of_key == known_.end()) return;
  std::erase_if(of_key->second, [&](const auto& entry) {
    return std::none_of(containers.begin(), containers.end(),
                        [&](const auto& container) { return RunKey(container) == entry.first; });
  });
}

void PodVolumes::Forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  known_.erase(key);
}

}  // namespace weft::local
