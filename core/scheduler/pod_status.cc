#include "core/scheduler/pod_status.h"

#include <google/protobuf/util/time_util.h>
#include <string>

#include "absl/time/time.h"
#include "core/base/container_state.h"
#include "core/base/json.h"
#include "core/base/json_list.h"

namespace weft::scheduler {
namespace {

// Why a container does not run, unless something has said so before.
void TakeReason(const json::value& container, core::v1::PodStatus& to) {
  for (const char* state : {"waiting", "terminated"}) {
    if (!to.reason().empty()) continue;
    to.set_reason(json::GetString(container, {"state", state, "reason"}));
    to.set_message(StateMessage(container, state));
  }
}

}  // namespace

core::v1::PodStatus ReadPodStatus(const runtime::v1::Projection& pod) {
  core::v1::PodStatus to;
  to.set_name(pod.ref().name());
  to.set_deleting(pod.deleting());
  const absl::StatusOr<json::value> status = json::Parse(pod.status());
  if (!status.ok()) return to;
  to.set_phase(json::GetString(*status, {"phase"}));
  to.set_ip(json::GetString(*status, {"podIP"}));
  to.set_reason(json::GetString(*status, {"reason"}));
  to.set_message(json::GetString(*status, {"message"}));
  const json::array& containers = json::ListAt(*status, "containerStatuses");
  if (containers.empty()) return to;
  // What the others wait for says more than that they wait.
  for (const json::value& container : json::ListAt(*status, "initContainerStatuses"))
    if (!json::GetBool(container, {"ready"})) TakeReason(container, to);
  to.set_ready(!pod.deleting());
  for (const json::value& container : containers) {
    to.set_ready(to.ready() && json::GetBool(container, {"ready"}));
    to.set_restarts(to.restarts() +
                    static_cast<int32_t>(json::GetInt(container, {"restartCount"})));
    TakeReason(container, to);
  }
  const json::value& first = containers[0];
  to.set_container_id(json::GetString(first, {"containerID"}));
  absl::Time started;
  const std::string text = json::GetString(first, {"state", "running", "startedAt"});
  if (absl::ParseTime(absl::RFC3339_full, text, &started, nullptr))
    *to.mutable_started() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(started));
  return to;
}

}  // namespace weft::scheduler
