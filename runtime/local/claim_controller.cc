#include "runtime/local/claim_controller.h"

#include <spdlog/spdlog.h>

#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::local {
namespace {

// Kubernetes API, core/v1 PersistentVolumeClaimStatus.
std::string StatusJson(const ClaimSpec& spec) {
  json::array modes;
  for (const std::string& mode : spec.access_modes) modes.emplace_back(mode);
  return json::Canonical(json::object{{"phase", "Bound"},
                                      {"accessModes", std::move(modes)},
                                      {"capacity", json::object{{"storage", spec.storage}}}});
}

}  // namespace

absl::StatusOr<absl::Duration> ClaimController::Reconcile(const std::string& key) {
  const ObjectPtr object = parts_.objects.Find(key);
  if (object == nullptr) return absl::InfiniteDuration();
  const std::string& ns = object->ref.ns;
  if (object->deleting) return Remove(object->ref);
  const auto* spec = std::get_if<ClaimSpec>(&object->spec);
  if (spec == nullptr) return absl::InfiniteDuration();
  WEFT_RETURN_IF_ERROR(parts_.claims.Ensure(ns, object->ref.name));
  parts_.board.SetStatus(key, object->generation, StatusJson(*spec), true);
  // Pods may have waited for it.
  for (const ObjectPtr& other : parts_.objects.InNamespace(ns))
    if (HasPods(other->ref.kind)) parts_.wake(LocalKey(other->ref));
  return absl::InfiniteDuration();
}

// As Kubernetes protects a claim that is in use: the end of a container that has it wakes this.
absl::StatusOr<absl::Duration> ClaimController::Remove(const ObjectRef& claim) {
  const absl::Status removed = parts_.claims.Remove(claim.ns, claim.name);
  if (absl::IsFailedPrecondition(removed)) return absl::InfiniteDuration();
  WEFT_RETURN_IF_ERROR(removed);
  spdlog::info("msg=\"a claim is gone, with what it held\" namespace={} claim={}", claim.ns,
               claim.name);
  WEFT_RETURN_IF_ERROR(parts_.objects.Forget(claim));
  parts_.wake(LocalKey("Network", claim.ns, ""));
  return absl::InfiniteDuration();
}

}  // namespace weft::local
