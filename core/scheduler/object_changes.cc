#include "core/scheduler/object_changes.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/merge/remove_leaf.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/drift.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using core::v1::LeafChange;
using core::v1::ObjectChange;
using store::v1::DesiredRecord;
using store::v1::InventoryRecord;

struct Leaf {
  std::string value;  // Canonical JSON; of a steered one its seed.
  std::string owner;
  std::optional<provider::v1::Steering> steered;

  bool operator==(const Leaf&) const = default;
};

using Leaves = std::map<std::string, Leaf>;  // By pointer.

Leaves LeavesOf(const DesiredRecord& record) {
  Leaves leaves;
  const common::v1::ObjectRef& ref = record.object().ref();
  absl::StatusOr<json::value> object = json::Parse(record.object().json());
  if (!object.ok()) return leaves;  // The merge made it: it can be read.
  for (const auto& leaf : record.leaves()) {
    const json::value* value =
        merge::FindLeaf(ref.api_version(), ref.kind(), leaf.pointer(), *object);
    leaves[leaf.pointer()] = {value == nullptr ? "" : json::Canonical(*value), leaf.owner(), {}};
  }
  for (const auto& leaf : record.steered())
    leaves[leaf.pointer()] = {leaf.seed(), leaf.owner(), leaf.by()};
  return leaves;
}

bool IsSecretLeaf(const common::v1::ObjectRef& ref, const std::string& pointer) {
  return ref.kind() == "Secret" &&
         (absl::StartsWith(pointer, "/data") || absl::StartsWith(pointer, "/stringData"));
}

// The value that a leaf has now.
std::string PresentValue(const std::string& pointer, const Leaf& leaf,
                         const InventoryRecord& inventory) {
  if (!leaf.steered.has_value()) return leaf.value;
  store::v1::SteeredLeafRecord steered;
  steered.set_pointer(pointer);
  steered.set_owner(leaf.owner);
  if (const auto* claim = FindClaim(inventory, steered)) return claim->value();
  return leaf.steered == provider::v1::STEERING_PLATFORM ? "(as the platform steers it)"
                                                         : leaf.value;
}

void AddLeaf(const std::string& pointer, const Leaf* before, const Leaf* after,
             const InventoryRecord& inventory, ObjectChange& change) {
  LeafChange* leaf = change.add_leaves();
  leaf->set_pointer(pointer);
  const bool hidden = IsSecretLeaf(change.ref(), pointer);
  if (before != nullptr) {
    leaf->set_before(hidden ? "(hidden)" : PresentValue(pointer, *before, inventory));
    leaf->set_owner_before(before->owner);
  }
  if (after != nullptr) {
    leaf->set_after(hidden ? "(hidden)" : after->value);
    leaf->set_owner(after->owner);
    leaf->set_steered(after->steered.has_value());
  }
}

// Adds every leaf that is another one, by pointer.
void CompareLeaves(const Leaves& before, const Leaves& after, const InventoryRecord& inventory,
                   ObjectChange& change) {
  const auto find = [](const Leaves& leaves, const std::string& pointer) {
    const auto found = leaves.find(pointer);
    return found == leaves.end() ? nullptr : &found->second;
  };
  std::set<std::string> pointers;
  for (const auto& [pointer, leaf] : before) pointers.insert(pointer);
  for (const auto& [pointer, leaf] : after) pointers.insert(pointer);
  for (const std::string& pointer : pointers) {
    const Leaf* was = find(before, pointer);
    const Leaf* is = find(after, pointer);
    if (was == nullptr || is == nullptr || *was != *is)
      AddLeaf(pointer, was, is, inventory, change);
  }
}

// How the object differs on the platform from what was applied last.
void AddNotes(const std::string& key, const PresentApplication& present, ObjectChange& change) {
  const auto found = present.inventory.find(key);
  if (found == present.inventory.end() || !found->second.wanted()) return;
  const InventoryRecord& record = found->second;
  const auto there = present.observed.objects.find(key);
  const bool stays = change.action() != ObjectChange::ACTION_DELETED;
  if (there == present.observed.objects.end()) {
    if (stays && record.accepted() > 0 && record.refused() != record.generation() &&
        present.observed.complete)
      change.add_notes("is not on the platform and will be made again");
  } else if (stays && HasDrifted(record, there->second)) {
    change.add_notes("was changed by somebody else and will be put right");
  }
  if (change.action() != ObjectChange::ACTION_UNCHANGED) return;
  for (const auto& contested : record.contested()) change.add_notes(DescribeContested(contested));
  if (record.refused() == record.generation())
    change.add_notes(absl::StrCat("is refused by the runtime: ", record.problem()));
}

}  // namespace

std::vector<ObjectChange> MakeObjectChanges(const PresentApplication& present,
                                            const DesiredApplication& desired,
                                            const Replaced& replaced) {
  // What is in the one, in the other, or in both.
  std::map<std::string, std::pair<const DesiredRecord*, const DesiredRecord*>> objects;
  for (const auto& [key, record] : present.objects) objects[key].first = &record;
  for (const DesiredRecord& record : desired.objects)
    objects[store::ObjectKey(record.object().ref())].second = &record;
  std::vector<ObjectChange> changes;
  for (const auto& [key, pair] : objects) {
    const auto [before, after] = pair;
    ObjectChange change;
    change.set_application(ApplicationKeyOf(desired.name_space, desired.name));
    *change.mutable_ref() = (after == nullptr ? before : after)->object().ref();
    if (before != nullptr && after != nullptr) {
      const auto inventory = present.inventory.find(key);
      CompareLeaves(LeavesOf(*before), LeavesOf(*after),
                    inventory == present.inventory.end() ? InventoryRecord() : inventory->second,
                    change);
    }
    change.set_action(before == nullptr         ? ObjectChange::ACTION_CREATED
                      : after == nullptr        ? ObjectChange::ACTION_DELETED
                      : change.leaves().empty() ? ObjectChange::ACTION_UNCHANGED
                                                : ObjectChange::ACTION_UPDATED);
    AddNotes(key, present, change);
    if (const auto found = replaced.find(key); found != replaced.end())
      change.mutable_replaced_for()->Assign(found->second.begin(), found->second.end());
    if (change.action() != ObjectChange::ACTION_UNCHANGED || !change.notes().empty())
      changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace weft::scheduler
