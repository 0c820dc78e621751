#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/store/records.pb.h"
#include "weft/core/v1/instances.pb.h"
#include "weft/runtime/v1/runtime.pb.h"

// Steered leaves: what the instances that steer them last asked for. The claims on an object stand
// in its InventoryRecord, beside the generation under which they are carried out. Pure.
namespace weft::scheduler {

// The steered leaf at `pointer`; null: it is not steered. Points into `desired`.
const store::v1::SteeredLeafRecord* FindSteered(const store::v1::DesiredRecord& desired,
                                                const std::string& pointer);

// The last action on the leaf, by the instance that steers it now; null: there was none. One that
// is `released` only says the order of actions and that the leaf has its seed. Points into
// `inventory`.
const store::v1::ClaimRecord* FindClaim(const store::v1::InventoryRecord& inventory,
                                        const store::v1::SteeredLeafRecord& leaf);

// The steered leaves of an object as a runtime is given them, by pointer: with the value of the
// last action, or else with the seed.
google::protobuf::RepeatedPtrField<runtime::v1::SteeredLeaf> SteeredFor(
    const store::v1::DesiredRecord& desired, const store::v1::InventoryRecord& inventory);

// One action of an instance on a leaf of an object.
struct LeafAction {
  std::string instance;  // The key of the instance that acts.
  std::string pointer;
  std::optional<std::string> value;  // Canonical JSON; nothing: RELEASE, the leaf gets its seed.
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  std::string reason;
  int64_t acted_unix_ms = 0;
};

struct ActionResult {
  core::v1::ActOutcome outcome = core::v1::ACT_OUTCOME_UNSPECIFIED;
  std::string message;   // Why not, for people; empty if DONE.
  bool changed = false;  // The record is another one now, and must be stored before the answer.
};

// Puts one action into the record of the object: DONE; SUPERSEDED, if it is not newer than the last
// action on the leaf and not that one; DENIED, if the instance does not steer the leaf by actions.
// Whether the epoch is held and the action is in time is judged by the caller. The generation rises
// where the leaf gets another value, so that the ordinary reconcile carries it out: let the
// application be looked at after the record was stored.
//
// `desired` is of the same object as `inventory`, read no earlier than it.
ActionResult ApplyAction(const LeafAction& action, const store::v1::DesiredRecord& desired,
                         store::v1::InventoryRecord& inventory);

// Makes the claims of `inventory` those of what `desired` steers: the others are dropped, and one
// that is released takes the seed of now.
void KeepClaims(const store::v1::DesiredRecord& desired, store::v1::InventoryRecord& inventory);

}  // namespace weft::scheduler
