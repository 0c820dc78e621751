#include "core/cli/plan_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cli {
namespace {

using core::v1::ObjectChange;

ObjectChange Change(const std::string& application, ObjectChange::Action action,
                    const std::string& name) {
  ObjectChange change;
  change.set_application(application);
  change.set_action(action);
  change.mutable_ref()->set_kind("Deployment");
  change.mutable_ref()->set_name(name);
  return change;
}

void AddLeaf(const std::string& pointer, const std::string& before, const std::string& after,
             const std::string& owner_before, const std::string& owner, ObjectChange& change) {
  core::v1::LeafChange* leaf = change.add_leaves();
  leaf->set_pointer(pointer);
  leaf->set_before(before);
  leaf->set_after(after);
  leaf->set_owner_before(owner_before);
  leaf->set_owner(owner);
}

TEST(RenderObjectChanges, SaysSoWhenNothingChanges) {
  EXPECT_EQ(RenderObjectChanges({}, false), "no object changes\n");
}

TEST(RenderObjectChanges, NamesObjectsByApplicationAndLeavesWithTheirOwners) {
  google::protobuf::RepeatedPtrField<ObjectChange> changes;
  *changes.Add() = Change("default/shop", ObjectChange::ACTION_CREATED, "back");
  AddLeaf("/spec/x", "", "1", "", "default/shop/back", changes[0]);
  ObjectChange& front = *changes.Add() =
      Change("default/shop", ObjectChange::ACTION_UPDATED, "front");
  AddLeaf("/spec/paused", "true", "", "default/shop/front", "", front);
  AddLeaf("/spec/replicas", "1", "3", "default/shop/front",
          "default/shop/front/example.org/v1.scaler#0", front);
  AddLeaf("/metadata/labels/weft.dev~1revision", "\"1\"", "\"2\"", "core", "core", front);
  front.mutable_leaves(1)->set_steered(true);
  front.add_notes("was changed by somebody else and will be put right");
  *changes.Add() = Change("default/blog", ObjectChange::ACTION_DELETED, "blog");
  *changes.Add() = Change("default/blog", ObjectChange::ACTION_UNCHANGED, "wiki");
  changes[3].add_notes("is not on the platform and will be made again");
  ObjectChange& back = *changes.Add() = Change("default/blog", ObjectChange::ACTION_UPDATED, "zoo");
  AddLeaf("/spec/selector", "1", "2", "default/blog/zoo", "default/blog/zoo", back);
  back.add_replaced_for("/spec/selector");
  EXPECT_EQ(RenderObjectChanges(changes, false),
            "default/shop\n"
            "+ Deployment/back\n"
            "~ Deployment/front\n"
            "    /spec/paused: true -> (none)  [front]\n"
            "    /spec/replicas: 1 -> 3 (only to start with: it is steered)  [front -> "
            "front/v1.scaler]\n"
            "    /metadata/labels/weft.dev~1revision: \"1\" -> \"2\"  [core]\n"
            "    was changed by somebody else and will be put right\n"
            "\n"
            "default/blog\n"
            "- Deployment/blog\n"
            "= Deployment/wiki\n"
            "    is not on the platform and will be made again\n"
            "-/+ Deployment/zoo\n"
            "    /spec/selector: 1 -> 2  [zoo]\n"
            "    is deleted and made anew: the platform does not change /spec/selector\n");
  EXPECT_THAT(RenderObjectChanges(changes, true),
              testing::HasSubstr("\033[32m+ Deployment/back\033[0m\n"));
}

TEST(RenderHistory, ShowsTheNewestFirstWithHowItCameAbout) {
  core::v1::HistoryResponse history;
  for (const int64_t generation : {3, 2, 1}) {
    core::v1::Revision* revision = history.add_revisions();
    revision->set_generation(generation);
    revision->mutable_created()->set_seconds(1000 * generation);
    for (const char* name : {"front", "back"}) {
      core::v1::Revision::Component* component = revision->add_components();
      component->set_instance_name(name);
      component->set_component_name("site");
      component->set_revision(generation - 1);
    }
  }
  history.mutable_revisions(0)->set_restores(1);
  history.mutable_revisions(1)->set_rendered_again(true);
  EXPECT_EQ(RenderHistory(history, absl::FromUnixSeconds(3130)),
            "GENERATION  AGE  HOW               COMPONENTS\n"
            "3           2m   rolled back to 1  front (site 2), back (site 2)\n"
            "2           18m  rendered again    front (site 1), back (site 1)\n"
            "1           35m  applied           front (site 0), back (site 0)\n");
}

}  // namespace
}  // namespace weft::cli
