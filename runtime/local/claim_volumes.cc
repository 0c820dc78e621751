#include "runtime/local/claim_volumes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/local/names.h"

namespace weft::local {

absl::Status ClaimVolumes::Ensure(const std::string& ns, const std::string& claim) {
  std::lock_guard lock(mutex_);
  return EnsureLocked(ns, claim);
}

absl::Status ClaimVolumes::EnsureLocked(const std::string& ns, const std::string& claim) {
  return engine_.CreateVolume(
      {ClaimVolumeName(installation_, ns, claim),
       {{kInstallationLabel, installation_}, {kNamespaceLabel, ns}, {kClaimLabel, claim}}});
}

absl::Status ClaimVolumes::Remove(const std::string& ns, const std::string& claim) {
  std::lock_guard lock(mutex_);
  return engine_.RemoveVolume(ClaimVolumeName(installation_, ns, claim));
}

absl::Status ClaimVolumes::Check(const std::string& ns, const std::vector<Volume>& volumes) const {
  for (const Volume& volume : volumes) {
    if (volume.claim.empty()) continue;
    const ObjectPtr claim = objects_.Find(LocalKey("PersistentVolumeClaim", ns, volume.claim));
    if (claim == nullptr || claim->deleting)
      return absl::NotFoundError(absl::StrCat("persistentvolumeclaim \"", volume.claim, "\" ",
                                              claim == nullptr ? "not found" : "is being deleted"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ClaimVolumes::CreateWith(
    const std::string& ns, const std::vector<Volume>& volumes,
    const std::function<absl::StatusOr<std::string>()>& create) {
  const bool any = std::any_of(volumes.begin(), volumes.end(),
                               [](const Volume& volume) { return !volume.claim.empty(); });
  if (!any) return create();
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(Check(ns, volumes));
  // The engine would make one that nobody knows.
  for (const Volume& volume : volumes)
    if (!volume.claim.empty()) WEFT_RETURN_IF_ERROR(EnsureLocked(ns, volume.claim));
  return create();
}

}  // namespace weft::local
