// The containers of a pod beside the first. Each shares the first one's network, and has to be
// started again when that was: the network of a container is made anew with every start.
#include "core/base/status.h"
#include "runtime/local/deployment_controller.h"

namespace weft::local {
namespace {

absl::Time StartOf(const engine::Container& container) {
  absl::Time start = absl::InfinitePast();
  absl::ParseTime(absl::RFC3339_full, container.started_at, &start, nullptr);
  return start;
}

constexpr absl::Duration kRejoinGrace = absl::Seconds(1);  // Nobody reaches it any more.

}  // namespace

absl::StatusOr<absl::Duration> DeploymentController::BringUpSidecars(const Object& object,
                                                                     Pod& pod) {
  absl::Duration again = absl::InfiniteDuration();
  if (pod.address.empty()) return again;  // There is no network to share yet.
  for (Sidecar& sidecar : pod.sidecars) WEFT_RETURN_IF_ERROR(Rejoin(pod, sidecar));
  const auto& spec = std::get<DeploymentSpec>(object.spec);
  if (pod.template_hash != spec.template_hash) return again;  // It goes soon.
  for (const PodContainer& wanted : spec.sidecars) {
    if (pod.FindSidecar(wanted.name) == nullptr) pod.sidecars.push_back({wanted.name, {}, {}});
    WEFT_ASSIGN_OR_RETURN(const absl::Duration next,
                          BringUpSidecar(object, wanted, pod, *pod.FindSidecar(wanted.name)));
    again = std::min(again, next);
  }
  return again;
}

// Stops a sidecar that runs since before its pod's network was made.
absl::Status DeploymentController::Rejoin(const Pod& pod, Sidecar& sidecar) {
  engine::Container& container = sidecar.container;
  if (container.state != "running" || StartOf(container) >= StartOf(pod.container))
    return absl::OkStatus();
  absl::Status stopped = parts_.engine.StopContainer(container.id, kRejoinGrace);
  if (!stopped.ok() && !absl::IsNotFound(stopped)) return stopped;
  container.state = "exited";
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> DeploymentController::BringUpSidecar(const Object& object,
                                                                    const PodContainer& spec,
                                                                    const Pod& pod,
                                                                    Sidecar& sidecar) {
  engine::Container& container = sidecar.container;
  if (container.state == "running")
    return IsCrashLooping(container, parts_.now()) ? kTrustedAfter : absl::InfiniteDuration();
  if (container.state == "restarting") return absl::InfiniteDuration();
  return Attempt(object, pod.name + "." + spec.name, container.id.empty() ? &spec : nullptr,
                 sidecar.waiting, [&](bool failed) -> absl::Status {
                   if (!container.id.empty() && failed) {
                     // Its network may be that of a container which is no longer there.
                     WEFT_RETURN_IF_ERROR(parts_.engine.RemoveContainer(container.id));
                     container.id.clear();
                   }
                   if (container.id.empty()) {
                     WEFT_ASSIGN_OR_RETURN(container.id,
                                           parts_.engine.CreateContainer(SidecarSpecFor(
                                               parts_.installation, object.ref, spec, pod)));
                   }
                   WEFT_RETURN_IF_ERROR(parts_.engine.StartContainer(container.id));
                   WEFT_ASSIGN_OR_RETURN(container, parts_.engine.InspectContainer(container.id));
                   return absl::OkStatus();
                 });
}

}  // namespace weft::local
