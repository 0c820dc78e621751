#include "core/api/pod_choice.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"

namespace weft::api {

absl::StatusOr<std::string> ChoosePod(const core::v1::Application& application,
                                      const PodChoice& choice) {
  std::vector<std::string> ready, pods, ending;
  std::vector<std::string> instances;  // Of them.
  bool instance_known = choice.instance.empty();
  for (const core::v1::ComponentStatus& component : application.components()) {
    if (!choice.instance.empty() && component.instance_name() != choice.instance) continue;
    instance_known = true;
    const size_t before = pods.size() + ending.size();
    for (const core::v1::PodStatus& pod : component.pods()) {
      if (!choice.pod.empty() && pod.name() != choice.pod) continue;
      (pod.deleting() ? ending : pods).push_back(pod.name());
      if (pod.ready()) ready.push_back(pod.name());
    }
    if (pods.size() + ending.size() > before) instances.push_back(component.instance_name());
  }
  if (!instance_known) {
    return absl::NotFoundError(
        absl::StrCat("the application ", application.name(), " has no instance ", choice.instance));
  }
  if (pods.empty()) pods = std::move(ending);
  if (pods.empty()) {
    return absl::NotFoundError(choice.pod.empty() ? "it has no pod"
                                                  : absl::StrCat("it has no pod ", choice.pod));
  }
  if (choice.any && instances.size() > 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        "several instances, name one with --instance: ", absl::StrJoin(instances, ", ")));
  }
  if (choice.any) return ready.empty() ? pods[0] : ready[0];
  if (pods.size() > 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("several pods, name one with --pod: ", absl::StrJoin(pods, ", ")));
  }
  return pods[0];
}

absl::StatusOr<PodPlace> FindPod(scheduler::Scheduler& scheduler,
                                 const scheduler::Runtimes& runtimes, const std::string& ns,
                                 const std::string& application, const PodChoice& choice) {
  WEFT_ASSIGN_OR_RETURN(const core::v1::Application found, scheduler.Status(ns, application));
  PodPlace place;
  WEFT_ASSIGN_OR_RETURN(place.pod, ChoosePod(found, choice));
  place.runtime = runtimes.Find(found.runtime());
  if (place.runtime == nullptr) return absl::UnavailableError(runtimes.WhyAway(found.runtime()));
  return place;
}

}  // namespace weft::api
