#include "core/scheduler/policy_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/merge/policy.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/requests.h"

namespace weft::scheduler {

absl::StatusOr<model::Diagnostics> CheckPolicy(const DesiredApplication& desired,
                                               const Policies& policies) {
  merge::PolicyOf policy{
      .name_space = desired.name_space, .allowed = {}, .reserved = kSystemNamespace};
  if (const auto found = policies.find(desired.name_space); found != policies.end())
    policy.allowed = found->second;
  model::Diagnostics diagnostics;
  for (const store::v1::DesiredRecord& record : desired.objects) {
    WEFT_ASSIGN_OR_RETURN(const merge::MergedObject object, ReadDesiredRecord(record));
    for (merge::Breach& breach : merge::Judge(policy, record.owner(), object)) {
      model::Diagnostic& error = diagnostics.emplace_back(PlaceOf(desired, breach.owner));
      error.code = std::move(breach.code);
      error.message = std::move(breach.message);
      error.found = std::move(breach.found);
      error.hint = breach.setting.empty()
                       ? "no setting allows this: that namespace is the installation's own"
                       : absl::StrCat("an operator can allow it in core.yaml: namespaces: {",
                                      desired.name_space, ": {allow: [", breach.setting, "]}}");
    }
  }
  return diagnostics;
}

}  // namespace weft::scheduler
