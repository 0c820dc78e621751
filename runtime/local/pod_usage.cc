#include "runtime/local/pod_usage.h"

#include <map>
#include <string>
#include <utility>

#include "core/base/status.h"
#include "runtime/local/attempts.h"

namespace weft::local {
namespace {

constexpr absl::Duration kApart = absl::Milliseconds(500);
constexpr absl::Duration kCounting = absl::Seconds(3);  // The engine counts what is on disk.

// One look at containers, by their ids.
struct Seen {
  absl::Time at;
  engine::Usage usage;
};
using Look = std::map<std::string, Seen>;

// Containers that do not run, or of which the engine cannot tell, as they end, are left out.
absl::Status LookAt(engine::Engine& engine, const engine::Container& container,
                    const UsageClock& clock, Look& look) {
  if (container.id.empty() || container.state != "running") return absl::OkStatus();
  const absl::StatusOr<engine::Usage> usage = engine.GetUsage(container);
  if (EngineIsAway(usage.status())) return usage.status();
  if (usage.ok()) look[container.id] = {clock.now(), *usage};
  return absl::OkStatus();
}

absl::StatusOr<Look> LookAtAll(engine::Engine& engine, const std::vector<Pod>& pods,
                               const UsageClock& clock) {
  Look look;
  for (const Pod& pod : pods)
    for (const Member& member : pod.members)
      WEFT_RETURN_IF_ERROR(LookAt(engine, member.run.container, clock, look));
  return look;
}

// Nothing: it was not looked at before, or a clock that was put back says nothing.
std::optional<int64_t> Nanocores(const Look& before, const std::string& id, const Seen& now) {
  const auto seen = before.find(id);
  if (seen == before.end() || now.at <= seen->second.at || now.usage.cpu < seen->second.usage.cpu)
    return std::nullopt;
  return static_cast<int64_t>(
      absl::FDivDuration(now.usage.cpu - seen->second.usage.cpu, now.at - seen->second.at) * 1e9);
}

}  // namespace

absl::StatusOr<std::vector<runtime::PodUsage>> MeasurePods(engine::Engine& engine,
                                                           const std::vector<Pod>& pods,
                                                           const UsageClock& clock) {
  WEFT_ASSIGN_OR_RETURN(const Look before, LookAtAll(engine, pods, clock));
  const absl::Time counted_until = clock.now() + kCounting;
  std::vector<runtime::PodUsage> result;
  if (before.empty()) return result;
  clock.sleep(kApart);
  WEFT_ASSIGN_OR_RETURN(Look look, LookAtAll(engine, pods, clock));
  for (const Pod& pod : pods) {
    runtime::PodUsage usage{{"v1", "Pod", pod.ns, pod.name}};
    for (const Member& member : pod.members) {
      const std::string& id = member.run.container.id;
      const auto seen = look.find(id);
      if (seen == look.end()) continue;
      runtime::ContainerUsage& container = usage.containers.emplace_back();
      container.name = member.name;
      container.cpu_nanocores = Nanocores(before, id, seen->second);
      container.memory_bytes = seen->second.usage.memory_bytes;
      const absl::Duration left = counted_until - clock.now();
      if (left <= absl::ZeroDuration()) continue;
      if (const absl::StatusOr<int64_t> bytes = engine.GetDiskUsage(id, left); bytes.ok())
        container.disk_bytes = *bytes;
    }
    if (usage.containers.empty()) continue;
    // The sandbox holds the network of all of them.
    WEFT_RETURN_IF_ERROR(LookAt(engine, pod.sandbox, clock, look));
    if (const auto sandbox = look.find(pod.sandbox.id); sandbox != look.end())
      usage.network = sandbox->second.usage.network;
    result.push_back(std::move(usage));
  }
  return result;
}

}  // namespace weft::local
