#include "core/scheduler/pod_status.h"

#include <google/protobuf/util/time_util.h>
#include <string>

#include "absl/time/time.h"
#include "core/base/json.h"

namespace weft::scheduler {

core::v1::PodStatus ReadPodStatus(const runtime::v1::Projection& pod) {
  core::v1::PodStatus to;
  to.set_name(pod.ref().name());
  const absl::StatusOr<json::value> status = json::Parse(pod.status());
  if (!status.ok()) return to;
  to.set_phase(json::GetString(*status, {"phase"}));
  to.set_ip(json::GetString(*status, {"podIP"}));
  to.set_reason(json::GetString(*status, {"reason"}));
  to.set_message(json::GetString(*status, {"message"}));
  const json::value* containers = json::Find(*status, "containerStatuses");
  if (containers == nullptr || !containers->is_array() || containers->get_array().empty())
    return to;
  to.set_ready(!pod.deleting());
  for (const json::value& container : containers->get_array()) {
    to.set_ready(to.ready() && json::GetBool(container, {"ready"}));
    to.set_restarts(to.restarts() +
                    static_cast<int32_t>(json::GetInt(container, {"restartCount"})));
    for (const char* state : {"waiting", "terminated"}) {
      if (!to.reason().empty()) continue;
      to.set_reason(json::GetString(container, {"state", state, "reason"}));
      to.set_message(json::GetString(container, {"state", state, "message"}));
    }
  }
  const json::value& first = containers->get_array()[0];
  to.set_container_id(json::GetString(first, {"containerID"}));
  absl::Time started;
  const std::string text = json::GetString(first, {"state", "running", "startedAt"});
  if (absl::ParseTime(absl::RFC3339_full, text, &started, nullptr))
    *to.mutable_started() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(started));
  return to;
}

}  // namespace weft::scheduler
