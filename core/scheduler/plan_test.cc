#include "core/scheduler/plan.h"

#include <gtest/gtest.h>

#include "core/scheduler/testing.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

// What the inventory has of one object. `refused` is a generation.
store::v1::InventoryRecord Record(bool wanted, uint64_t generation, uint64_t accepted,
                                  uint64_t refused = 0) {
  store::v1::InventoryRecord record;
  *record.mutable_ref() = Ref("Deployment", "front");
  record.set_wanted(wanted);
  record.set_generation(generation);
  record.set_accepted(accepted);
  record.set_refused(refused);
  return record;
}

// A view in which the object stands at `generation`; 0: it is not in it.
Observed::View View(uint64_t generation, bool complete = true) {
  Observed::View view;
  view.complete = complete;
  if (generation > 0) view.objects[kFront].set_generation(generation);
  return view;
}

store::v1::InventoryRecord Replacing() {
  store::v1::InventoryRecord record = Record(true, 3, 2);
  record.set_replacing(true);
  return record;
}

Observed::View Deleting(uint64_t generation) {
  Observed::View view = View(generation);
  view.objects[kFront].set_deleting(true);
  return view;
}

// The object stands at `generation` as somebody else left it; Record has no digest.
Observed::View Changed(uint64_t generation) {
  Observed::View view = View(generation);
  view.objects[kFront].set_digest("sha256:1");
  return view;
}

Observed::View Gone() {
  Observed::View view = View(0);
  view.gone.insert(kFront);
  return view;
}

const Plan kApply{.apply = {kFront}, .correct = {}, .remove = {}, .gone = {}};
const Plan kCorrect{.apply = {}, .correct = {kFront}, .remove = {}, .gone = {}};
const Plan kRemove{.apply = {}, .correct = {}, .remove = {kFront}, .gone = {}};
const Plan kGone{.apply = {}, .correct = {}, .remove = {}, .gone = {kFront}};
const Plan kNothing;

TEST(Plan, FollowsFromWhatIsWantedAndWhatIsThere) {
  const struct {
    const char* name;
    store::v1::InventoryRecord record;
    Observed::View view;
    Plan expected;
  } kCases[] = {
      {"never accepted", Record(true, 1, 0), View(0), kApply},
      {"never accepted, nothing observed", Record(true, 1, 0), View(0, false), kApply},
      {"replaced, still there", Replacing(), View(2), kRemove},
      {"replaced, never seen", Replacing(), View(0), kRemove},
      {"replaced, on its way out", Replacing(), Deleting(2), kNothing},
      {"replaced, gone", Replacing(), Gone(), kGone},
      {"as it should be", Record(true, 2, 2), View(2), kNothing},
      {"changed", Record(true, 3, 2), View(2), kApply},
      {"lost on the platform", Record(true, 2, 2), View(0), kApply},
      {"lost, and the platform said so", Record(true, 2, 2), Gone(), kApply},
      {"absent from a view that is not complete", Record(true, 2, 2), View(0, false), kNothing},
      {"the platform went back to an older one", Record(true, 3, 3), View(2), kApply},
      {"the store went back to an older one", Record(true, 2, 2), View(3), kApply},
      {"the store went back, and it is unwanted", Record(false, 2, 2), View(3), kRemove},
      {"something else deletes it", Record(true, 2, 2), Deleting(2), kApply},
      {"refused, not sent again", Record(true, 2, 1, 2), View(1), kNothing},
      {"refused and missing", Record(true, 2, 0, 2), View(0), kNothing},
      {"refused before it was changed", Record(true, 3, 1, 2), View(1), kApply},
      {"somebody else changed it", Record(true, 2, 2), Changed(2), kCorrect},
      {"somebody else changed it, and it was refused", Record(true, 2, 2, 2), Changed(2), kNothing},
      {"changed here and there", Record(true, 3, 2), Changed(2), kApply},
      {"somebody else changed what is unwanted", Record(false, 2, 2), Changed(2), kRemove},
      {"unwanted and there", Record(false, 2, 2), View(2), kRemove},
      {"unwanted and not seen", Record(false, 2, 2), View(0), kRemove},
      {"unwanted and not seen yet", Record(false, 2, 2), View(0, false), kRemove},
      {"unwanted and never accepted", Record(false, 1, 0), View(0), kRemove},
      {"on its way out", Record(false, 2, 2), Deleting(2), kNothing},
      {"gone", Record(false, 2, 2), Gone(), kGone},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const Plan plan = MakePlan({{kFront, c.record}}, c.view);
    EXPECT_EQ(plan.apply, c.expected.apply);
    EXPECT_EQ(plan.correct, c.expected.correct);
    EXPECT_EQ(plan.remove, c.expected.remove);
    EXPECT_EQ(plan.gone, c.expected.gone);
  }
}

TEST(Plan, LeavesWhatIsNotInTheInventoryAlone) { EXPECT_EQ(MakePlan({}, View(3)), kNothing); }

}  // namespace
}  // namespace weft::scheduler
