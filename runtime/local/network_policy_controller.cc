#include "runtime/local/network_policy_controller.h"

#include "core/base/status.h"

namespace weft::local {

absl::StatusOr<absl::Duration> NetworkPolicyController::Reconcile(const std::string& key) {
  const ObjectPtr object = parts_.objects.Find(key);
  if (object == nullptr) return absl::InfiniteDuration();
  const std::string& ns = object->ref.ns;
  const std::vector<ObjectPtr> others = parts_.objects.InNamespace(ns);
  // After a restart of this process: who is not known yet would be kept out. The controller of the
  // last one wakes this.
  if (!parts_.pods.KnowsAll(others)) return absl::InfiniteDuration();
  WEFT_RETURN_IF_ERROR(parts_.filters.Update(ns));
  for (const ObjectPtr& other : others)
    if (other->ref.kind == "Service") parts_.wake(LocalKey(other->ref));
  if (object->deleting) {
    WEFT_RETURN_IF_ERROR(parts_.objects.Forget(object->ref));
    parts_.wake(LocalKey("Network", ns, ""));
  } else if (std::holds_alternative<NetworkPolicySpec>(object->spec)) {
    parts_.board.SetStatus(key, object->generation, "{}", true);
  }
  return absl::InfiniteDuration();
}

}  // namespace weft::local
