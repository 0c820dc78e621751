#include "core/scheduler/kept_parts.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/status.h"
#include "core/merge/pointer.h"
#include "core/merge/remove_leaf.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/records.h"
#include "core/scheduler/requests.h"

namespace weft::scheduler {
namespace {

json::value* Find(merge::MergedObject& object, const std::string& pointer) {
  return merge::FindLeaf(object.ref.api_version, object.ref.kind, pointer, object.value);
}

// The index of every list element on the way to the leaf.
std::vector<size_t> PlaceInLists(merge::MergedObject& object, const std::string& pointer) {
  std::vector<size_t> place;
  const absl::StatusOr<merge::Pointer> steps = merge::ParsePointer(pointer);
  if (!steps.ok()) return place;
  merge::Pointer way;
  for (const merge::Step& step : *steps) {
    way.push_back(step);
    if (step.element.empty()) continue;
    const json::value* element = Find(object, merge::FormatPointer(way));
    way.back().element.clear();
    const json::value* list = Find(object, merge::FormatPointer(way));
    way.back() = step;
    if (element == nullptr || list == nullptr) return place;
    place.push_back(static_cast<size_t>(element - list->get_array().data()));
  }
  return place;
}

// Elements that parts make stand in the order of these: so that it stays, in that of the lists.
std::vector<merge::LeafOwner> LeavesInOrder(merge::MergedObject& object) {
  std::vector<std::pair<std::vector<size_t>, merge::LeafOwner>> placed;
  for (const merge::LeafOwner& leaf : object.leaves)
    placed.emplace_back(PlaceInLists(object, leaf.pointer), leaf);
  std::ranges::stable_sort(placed, {}, [](const auto& leaf) { return leaf.first; });
  std::vector<merge::LeafOwner> leaves;
  for (auto& [place, leaf] : placed) leaves.push_back(std::move(leaf));
  return leaves;
}

// Whether `owner` made the object: nobody else wrote to it.
bool IsWholly(const merge::MergedObject& object, const std::string& owner) {
  return std::ranges::all_of(object.leaves, [&](const merge::LeafOwner& leaf) {
    return leaf.owner == owner || leaf.owner == merge::kCoreOwner;
  });
}

void AddParts(merge::MergedObject object, const std::set<std::string>& owners, Kept& kept) {
  for (const merge::LeafOwner& leaf : LeavesInOrder(object)) {
    const json::value* value = Find(object, leaf.pointer);
    if (!owners.contains(leaf.owner) || value == nullptr) continue;
    kept.parts[leaf.owner].push_back(
        {.object = object.ref,
         .pointer = leaf.pointer,
         .value = *value,
         .steering = {},
         .operation = merge::Operation::kMerge,
         .replace_if_immutable = object.replace && IsWholly(object, leaf.owner)});
  }
  for (const merge::SteeredLeaf& leaf : object.steered) {
    if (!owners.contains(leaf.owner)) continue;
    kept.parts[leaf.owner].push_back({.object = object.ref,
                                      .pointer = leaf.pointer,
                                      .value = nullptr,
                                      .steering = leaf.by,
                                      .operation = merge::Operation::kMerge,
                                      .replace_if_immutable = false});
  }
}

bool MayRemove(const catalog::Type& type) {
  return std::ranges::any_of(type.writes, [](const catalog::Write& write) {
    return write.mode == catalog::WriteMode::kRemove;
  });
}

std::set<std::string> TraitsOf(const store::v1::ApplicationRecord& record) {
  std::set<std::string> keys;
  for (const store::v1::InstanceRecord& instance : record.instances()) {
    for (const store::v1::TraitRecord& trait : instance.traits())
      keys.insert(trait.instance().key());
  }
  return keys;
}

bool NeedsKept(const catalog::Type& type) { return type.optional || type.MayWait(); }

}  // namespace

absl::StatusOr<Kept> ReadKept(const resolve::Application& application, store::Store& store) {
  Kept kept;
  std::vector<const resolve::TraitInstance*> traits;
  for (const resolve::WorkloadInstance& workload : application.instances) {
    if (workload.type.MayWait()) kept.objects[workload.key];
    for (const resolve::TraitInstance& trait : workload.traits) {
      if (NeedsKept(trait.type)) traits.push_back(&trait);
    }
  }
  if (traits.empty() && kept.objects.empty()) return kept;
  absl::StatusOr<StoredApplication> stored =
      ReadApplication(store, application.name_space, application.name);
  if (absl::IsNotFound(stored.status())) return kept;
  if (!stored.ok()) return stored.status();
  const std::set<std::string> standing = TraitsOf(stored->record);
  std::set<std::string> owners;
  for (const resolve::TraitInstance* trait : traits)
    (MayRemove(trait->type) && standing.contains(trait->key) ? kept.bound : owners)
        .insert(trait->key);
  kept.application = std::move(stored->bytes);
  WEFT_ASSIGN_OR_RETURN(const auto desired,
                        ReadDesired(store, application.name_space, application.name));
  const std::set<std::string> held = HeldObjects(stored->record);
  for (const auto& [key, record] : desired) {
    if (held.contains(key)) continue;
    WEFT_ASSIGN_OR_RETURN(merge::MergedObject object, ReadDesiredRecord(record));
    if (const auto workload = kept.objects.find(record.owner()); workload != kept.objects.end())
      workload->second.push_back(object);
    AddParts(std::move(object), owners, kept);
  }
  return kept;
}

}  // namespace weft::scheduler
