#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/catalog/type.h"
#include "core/model/diagnostic.h"
#include "core/scheduler/admission_check.h"
#include "core/scheduler/rendering.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

namespace weft::scheduler {

// An application as it will stand in the store.
struct DesiredApplication {
  std::string name_space;
  std::string name;
  std::string runtime;                      // That carries it out.
  std::string document;                     // Canonical JSON.
  int64_t restores = 0;                     // As ApplicationRecord.restores.
  std::map<std::string, std::string> used;  // As CheckedApplication.used.
  std::vector<store::v1::InstanceRecord> instances;
  std::vector<store::v1::DesiredRecord> objects;
  // The stored bytes of the application that it was chosen for, which must still stand; nothing:
  // whatever stands.
  std::optional<std::string> present;
  catalog::TypeTablePtr types = nullptr;  // As Removal.types (leaving.h).
  // What it was rendered from beside its document, which must still stand.
  std::vector<store::Transaction::Condition> conditions;
  std::map<std::string, Waiting> waiting;  // As Rendered.waiting.
  // It is as a revision says, and nothing was rendered; that was from these reports
  // (ApplicationRecord.read_digest).
  bool restored = false;
  std::string read_digest;
  // No user asked for it: what it was before is not kept as a revision.
  bool again = false;
  // What it was made from; null: it is restored, and no document came with the call.
  const CheckedApplication* checked = nullptr;
};

// A diagnostic about the workload or trait `owner` or, if there is none of that key, about the
// application: at its place, if a document came with the call. The rest is the caller's.
inline model::Diagnostic PlaceOf(const DesiredApplication& application, const std::string& owner) {
  if (application.checked == nullptr) return {};
  std::string pointer = "/metadata/name";
  for (const resolve::WorkloadInstance& instance : application.checked->resolved.instances) {
    if (instance.key == owner) pointer = instance.pointer;
    for (const resolve::TraitInstance& trait : instance.traits)
      if (trait.key == owner) pointer = trait.pointer;
  }
  return model::Place(*application.checked->document, pointer, model::At::kValue);
}

}  // namespace weft::scheduler
