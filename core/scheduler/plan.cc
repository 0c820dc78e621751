#include "core/scheduler/plan.h"

#include "core/scheduler/drift.h"

namespace weft::scheduler {
namespace {

bool MustCorrect(const std::string& key, const store::v1::InventoryRecord& record,
                 const Observed::View& observed) {
  if (record.refused() == record.generation()) return false;
  const auto found = observed.objects.find(key);
  return found != observed.objects.end() && HasDrifted(record, found->second);
}

bool MustApply(const std::string& key, const store::v1::InventoryRecord& record,
               const Observed::View& observed) {
  if (record.refused() == record.generation()) return false;
  if (record.accepted() < record.generation()) return true;
  const auto found = observed.objects.find(key);
  if (found == observed.objects.end()) {
#ifdef WEFT_PLANTED_DEFECT  // tests/simulation has to find it.
    return false;
#endif
    // Accepted a moment ago, its first event may be on its way; applying it again changes nothing.
    return observed.complete;
  }
  // A newer one is there if this store was restored from an older copy (reconcile.cc).
  return found->second.generation() != record.generation() || found->second.deleting();
}

}  // namespace

Plan MakePlan(const Inventory& inventory, const Observed::View& observed) {
  Plan plan;
  for (const auto& [key, record] : inventory) {
    if (record.wanted() && !record.replacing()) {
      if (MustApply(key, record, observed)) {
        plan.apply.push_back(key);
      } else if (MustCorrect(key, record, observed)) {
        plan.correct.push_back(key);
      }
      continue;
    }
    if (observed.gone.contains(key)) {
      plan.gone.push_back(key);
      continue;
    }
    const auto found = observed.objects.find(key);
    if (found == observed.objects.end() || !found->second.deleting()) plan.remove.push_back(key);
  }
  return plan;
}

}  // namespace weft::scheduler
