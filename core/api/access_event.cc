#include "core/api/access_event.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/application_key.h"

namespace weft::api {

void RecordAccess(scheduler::Events& events, const scheduler::EventReason& reason,
                  const Access& access, const std::string& what) {
  common::v1::ObjectRef pod;
  pod.set_api_version("v1");
  pod.set_kind("Pod");
  pod.set_namespace_(access.ns);
  pod.set_name(access.pod);
  const std::string who = access.by.empty() ? "somebody" : access.by;
  events.Record(scheduler::ApplicationKeyOf(access.ns, access.application),
                scheduler::MakeEvent(reason, {.object = std::move(pod),
                                              .by = access.by,
                                              .message = absl::StrCat(who, " asked to ", what)}));
}

}  // namespace weft::api
