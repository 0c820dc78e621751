// Reads a PersistentVolumeClaim: Kubernetes API, core/v1.
#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "runtime/base/quantity.h"
#include "runtime/local/reader.h"

namespace weft::local {

Spec ReadPersistentVolumeClaim(const json::value& object, const Machine&,
                               std::vector<Problem>& problems) {
  const std::string at = "/spec";
  ClaimSpec spec;
  const json::value* found = json::Find(object, "spec");
  if (found == nullptr) {
    Refuse(problems, at, "a PersistentVolumeClaim says what it claims", "",
           "accessModes and resources.requests.storage");
    return spec;
  }
  for (const json::value& v : json::ListAt(*found, "accessModes")) {
    const std::string mode(v.get_string());
    const std::string place = absl::StrCat(at, "/accessModes/", spec.access_modes.size());
    spec.access_modes.push_back(mode);
    // This machine is the one node that all of these speak of.
    if (mode == "ReadWriteOnce" || mode == "ReadOnlyMany" || mode == "ReadWriteMany") continue;
    Refuse(problems, place,
           mode == "ReadWriteOncePod" ? "the local runtime does not keep other pods from a volume"
                                      : "not a mode of access",
           mode, "ReadWriteOnce, ReadOnlyMany or ReadWriteMany", "UNSUPPORTED_VALUE");
  }
  if (spec.access_modes.empty())
    Refuse(problems, at + "/accessModes", "at least one mode of access is needed", "",
           "ReadWriteOnce, ReadOnlyMany or ReadWriteMany");
  Reader(*found, at, problems).OneOf("volumeMode", "Filesystem", {"Filesystem"});
  const json::value* storage = json::FindPath(*found, {"resources", "requests", "storage"});
  if (storage != nullptr)
    spec.storage =
        storage->is_string() ? std::string(storage->get_string()) : json::Canonical(*storage);
  if (runtime::ParseQuantityMilli(spec.storage).value_or(0) <= 0)
    Refuse(problems, at + "/resources/requests/storage", "a claim says how much it needs",
           spec.storage, "such as 10Gi");
  return spec;
}

}  // namespace weft::local
