#include "core/scheduler/claims.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace weft::scheduler {
namespace {

using store::v1::ClaimRecord;
using store::v1::DesiredRecord;
using store::v1::InventoryRecord;
using store::v1::SteeredLeafRecord;

bool IsOf(const ClaimRecord& claim, const SteeredLeafRecord& leaf) {
  return claim.pointer() == leaf.pointer() && claim.owner() == leaf.owner();
}

// Sets the one claim on the leaf at `claim.pointer()`; the others stay, by pointer.
void PutClaim(ClaimRecord claim, InventoryRecord& inventory) {
  auto& claims = *inventory.mutable_claims();
  const auto at =
      std::lower_bound(claims.begin(), claims.end(), claim,
                       [](const auto& a, const auto& b) { return a.pointer() < b.pointer(); });
  if (at != claims.end() && at->pointer() == claim.pointer()) {
    *at = std::move(claim);
    return;
  }
  const auto index = at - claims.begin();
  *claims.Add() = std::move(claim);
  std::rotate(claims.begin() + index, claims.end() - 1, claims.end());
}

ActionResult Denied(const LeafAction& action, const std::string& why) {
  return {core::v1::ACT_OUTCOME_DENIED, absl::StrCat(action.pointer, " ", why), false};
}

}  // namespace

const SteeredLeafRecord* FindSteered(const DesiredRecord& desired, const std::string& pointer) {
  const auto found = std::find_if(desired.steered().begin(), desired.steered().end(),
                                  [&](const auto& leaf) { return leaf.pointer() == pointer; });
  return found == desired.steered().end() ? nullptr : &*found;
}

const ClaimRecord* FindClaim(const InventoryRecord& inventory, const SteeredLeafRecord& leaf) {
  const auto found = std::find_if(inventory.claims().begin(), inventory.claims().end(),
                                  [&](const auto& claim) { return IsOf(claim, leaf); });
  return found == inventory.claims().end() ? nullptr : &*found;
}

google::protobuf::RepeatedPtrField<runtime::v1::SteeredLeaf> SteeredFor(
    const DesiredRecord& desired, const InventoryRecord& inventory) {
  google::protobuf::RepeatedPtrField<runtime::v1::SteeredLeaf> steered;
  for (const SteeredLeafRecord& leaf : desired.steered()) {
    const ClaimRecord* claim = FindClaim(inventory, leaf);
    runtime::v1::SteeredLeaf* to = steered.Add();
    to->set_pointer(leaf.pointer());
    to->set_value(claim == nullptr ? leaf.seed() : claim->value());
    to->set_set(claim != nullptr);
  }
  return steered;
}

ActionResult ApplyAction(const LeafAction& action, const DesiredRecord& desired,
                         InventoryRecord& inventory) {
  const SteeredLeafRecord* leaf = FindSteered(desired, action.pointer);
  if (leaf == nullptr) return Denied(action, "is not steered");
  if (leaf->owner() != action.instance)
    return Denied(action, absl::StrCat("is steered by ", leaf->owner()));
  if (leaf->by() != provider::v1::STEERING_ACTIONS)
    return Denied(action, "is steered by the platform");
  const std::string value = action.value.value_or(leaf->seed());
  const ClaimRecord* last = FindClaim(inventory, *leaf);
  if (last != nullptr) {
    const auto order = std::tuple(last->epoch(), last->sequence());
    const bool same = order == std::tuple(action.epoch, action.sequence) &&
                      last->released() == !action.value.has_value() && last->value() == value;
    if (same) return {core::v1::ACT_OUTCOME_DONE, "", false};
    if (std::tuple(action.epoch, action.sequence) <= order) {
      return {core::v1::ACT_OUTCOME_SUPERSEDED,
              absl::StrCat("the last action on ", action.pointer, " is number ", last->sequence(),
                           " of epoch ", last->epoch()),
              false};
    }
  }
  if (last == nullptr || last->value() != value) {
    inventory.set_generation(inventory.generation() + 1);
    inventory.clear_refused();
    inventory.clear_problem();
  }
  ClaimRecord claim;
  claim.set_pointer(action.pointer);
  claim.set_owner(action.instance);
  claim.set_value(value);
  claim.set_epoch(action.epoch);
  claim.set_sequence(action.sequence);
  claim.set_reason(action.reason);
  claim.set_acted_unix_ms(action.acted_unix_ms);
  claim.set_released(!action.value.has_value());
  PutClaim(std::move(claim), inventory);
  return {core::v1::ACT_OUTCOME_DONE, "", true};
}

void KeepClaims(const DesiredRecord& desired, InventoryRecord& inventory) {
  auto& claims = *inventory.mutable_claims();
  for (ClaimRecord& claim : claims) {
    const SteeredLeafRecord* leaf = FindSteered(desired, claim.pointer());
    if (leaf == nullptr || !IsOf(claim, *leaf)) {
      claim.clear_owner();
    } else if (claim.released()) {
      claim.set_value(leaf->seed());
    }
  }
  claims.erase(std::remove_if(claims.begin(), claims.end(),
                              [](const auto& claim) { return claim.owner().empty(); }),
               claims.end());
}

}  // namespace weft::scheduler
