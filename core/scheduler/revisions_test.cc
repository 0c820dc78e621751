#include "core/scheduler/revisions.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using core::v1::ObjectChange;
using core::v1::RollbackResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kImage[] = "/spec/template/spec/containers[name=main]/image";

std::string Scaled(int replicas) {
  return absl::StrCat("{name: scaler, properties: {replicas: ", replicas, "}}");
}

// "ACTION KIND/NAME", then "POINTER BEFORE -> AFTER" of each leaf, then its notes.
std::vector<std::string> Lines(
    const google::protobuf::RepeatedPtrField<core::v1::ObjectChange>& changes) {
  std::vector<std::string> lines;
  for (const ObjectChange& change : changes) {
    lines.push_back(absl::StrCat(ObjectChange::Action_Name(change.action()).substr(7), " ",
                                 change.ref().kind(), "/", change.ref().name()));
    if (change.action() != ObjectChange::ACTION_UPDATED) continue;
    for (const auto& leaf : change.leaves())
      lines.push_back(absl::StrCat(leaf.pointer(), " ", leaf.before(), " -> ", leaf.after()));
  }
  for (const ObjectChange& change : changes)
    for (const std::string& note : change.notes()) lines.push_back(note);
  return lines;
}

class RevisionsTest : public testing::Test {
 protected:
  absl::StatusOr<RollbackResponse> Rollback(int64_t generation = 0, bool dry_run = false,
                                            const std::string& ns = "default") {
    core::v1::RollbackRequest request;
    request.set_namespace_(ns);
    request.set_name("shop");
    request.set_generation(generation);
    request.set_dry_run(dry_run);
    return core_.admission().Rollback(request);
  }
  core::v1::PlanResponse Plan(const std::vector<std::string>& texts) {
    core::v1::PlanRequest request;
    for (const std::string& text : texts) request.add_documents()->set_content(text);
    std::promise<core::v1::PlanResponse> answer;
    core_.admission().Plan(request, [&](absl::StatusOr<core::v1::PlanResponse> response) {
      EXPECT_TRUE(response.ok()) << response.status();
      answer.set_value(response.value_or(core::v1::PlanResponse()));
    });
    return answer.get_future().get();
  }
  // "GENERATION", with " restores N" and the component's revision.
  std::vector<std::string> History() {
    std::vector<std::string> lines;
    const auto history = ReadHistory("default", "shop", core_.store);
    if (!history.ok()) return {std::string(history.status().message())};
    for (const core::v1::Revision& revision : history->revisions()) {
      lines.push_back(absl::StrCat(
          revision.generation(),
          revision.restores() == 0 ? "" : absl::StrCat(" restores ", revision.restores()), " of ",
          revision.components(0).component_name(), " ", revision.components(0).revision()));
    }
    return lines;
  }
  int64_t Replicas() {
    const auto desired = ReadDesired(core_.store, "default", "shop");
    const auto front = json::Parse(desired->at(kFront).object().json());
    return json::GetInt(*front, {"spec", "replicas"});
  }

  TestCore core_;
};

TEST_F(RevisionsTest, AnApplicationBecomesWhatItWasThoughItsProvidersAreAway) {
  core_.Apply({ComponentText("site:1"), ApplicationText(Scaled(3))});
  core_.Apply({ComponentText("site:2"), ApplicationText(Scaled(5))});
  core_.SetConnected(*core_.web, "web", false);
  core_.SetConnected(*core_.traits, "traits", false);
  store::Transaction answers;  // Known ones would serve too.
  for (const std::string& key : Keys(core_.store, "answer/")) answers.Delete(key);
  ASSERT_TRUE(core_.store.Commit(std::move(answers)).ok());
  const int renders = core_.web->renders() + core_.traits->renders();
  const auto rolled_back = Rollback();
  ASSERT_TRUE(rolled_back.ok()) << rolled_back.status();
  EXPECT_EQ(rolled_back->restored(), 1);
  EXPECT_EQ(rolled_back->change().revision(), 3);
  EXPECT_EQ(Replicas(), 3);
  EXPECT_EQ(core_.web->renders() + core_.traits->renders(), renders);
  EXPECT_THAT(History(), ElementsAre("3 restores 1 of site 1", "2 of site 2", "1 of site 1"));
}

TEST_F(RevisionsTest, WhatWasRolledBackIsCarriedOut) {
  core_.StartScheduler();
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  core_.Apply({ApplicationText(Scaled(5))});
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  ASSERT_TRUE(Rollback(1).ok());
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  EXPECT_THAT(core_.runtime.JsonOf(kFront), HasSubstr("\"replicas\":3"));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(absl::StrCat(kFront, " generation 3")));
}

TEST_F(RevisionsTest, ToBeWhatItIsChangesNothing) {
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  core_.Apply({ApplicationText(Scaled(5))});
  ASSERT_TRUE(Rollback(1).ok());
  const auto keys = Keys(core_.store);
  for (const int64_t generation : {1, 3}) {
    const auto again = Rollback(generation);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->change().action(), core::v1::ApplyResponse::ACTION_UNCHANGED);
    EXPECT_EQ(again->change().revision(), 3);
    EXPECT_THAT(again->objects(), IsEmpty());
  }
  EXPECT_EQ(Keys(core_.store), keys);
}

TEST_F(RevisionsTest, TheSameDocumentsAgainChangeNothingAfterARollback) {
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  core_.Apply({ApplicationText(Scaled(5))});
  ASSERT_TRUE(Rollback(1).ok());
  EXPECT_THAT(Changes(core_.Apply({ApplicationText(Scaled(3))})),
              ElementsAre("ApplicationConfiguration shop 3 UNCHANGED"));
  core_.Apply({ApplicationText(Scaled(5))});
  EXPECT_THAT(History().front(), "4 of site 1");
}

// Two operators at night: the second must not bring back what the first took away.
TEST_F(RevisionsTest, TheOneBeforeStaysTheSameWhileAnotherRollsBack) {
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  core_.Apply({ApplicationText(Scaled(5))});
  int lists = 0;
  core_.store.OnList([&](const std::string& prefix) {
    // The second has chosen, and is about to read what it changes.
    if (prefix.starts_with("inventory/") && ++lists == 1) {
      const auto first = Rollback();
      EXPECT_TRUE(first.ok()) << first.status();
    }
  });
  const auto second = Rollback();
  core_.store.OnList(nullptr);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->restored(), 1);
  EXPECT_EQ(second->change().action(), core::v1::ApplyResponse::ACTION_UNCHANGED);
  EXPECT_EQ(Replicas(), 3);
}

TEST_F(RevisionsTest, ADryRunSaysWhatWouldChangeAndStoresNothing) {
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  core_.Apply({ApplicationText(Scaled(5))});
  const auto keys = Keys(core_.store);
  const auto dry = Rollback(0, /*dry_run=*/true);
  ASSERT_TRUE(dry.ok()) << dry.status();
  EXPECT_EQ(dry->change().action(), core::v1::ApplyResponse::ACTION_UPDATED);
  EXPECT_THAT(Lines(dry->objects()),
              ElementsAre("UPDATED Deployment/front", "/spec/replicas 5 -> 3"));
  EXPECT_EQ(Keys(core_.store), keys);
  EXPECT_EQ(Replicas(), 5);
}

TEST_F(RevisionsTest, SaysWhatIsNotThereToGoBackTo) {
  EXPECT_EQ(Rollback().status().code(), absl::StatusCode::kNotFound);
  core_.Apply({ComponentText(), ApplicationText()});
  const absl::Status first = Rollback().status();
  EXPECT_EQ(first.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(first.message(), "the application shop never was anything else than it is");
  core_.Apply({ApplicationText(Scaled(5))});
  const absl::Status unknown = Rollback(7).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(unknown.message(), "of the application shop there is no revision 7; kept are 1, 2");
}

TEST_F(RevisionsTest, NothingOfTheInstallationItselfIsRolledBack) {
  const absl::Status refused = Rollback(0, false, kSystemNamespace).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("weft provider"));
}

TEST_F(RevisionsTest, AnInstanceNameThatAnotherApplicationTookIsRefused) {
  core_.StartScheduler();
  core_.Apply({ComponentText(), ApplicationText("", "shop", "front")});
  core_.Apply({ApplicationText("", "shop", "back")});
  ASSERT_TRUE(Await([&] { return !core_.store.Get(store::ObjectOwnerKey(kFront)).ok(); }));
  ASSERT_THAT(Changes(core_.Apply({ApplicationText("", "blog", "front")})),
              ElementsAre("ApplicationConfiguration blog 1 CREATED"));
  const auto refused = Rollback(1);
  ASSERT_TRUE(refused.ok()) << refused.status();
  ASSERT_THAT(refused->diagnostics(), testing::Not(IsEmpty()));
  EXPECT_EQ(refused->diagnostics(0).code(), "OBJECT_OWNED");
  EXPECT_EQ(refused->diagnostics(1).code(), "INSTANCE_OWNED");
  EXPECT_EQ(refused->diagnostics(1).message(),
            "the instance name front belongs to the application blog now");
  EXPECT_EQ(ReadApplication(core_.store, "default", "shop")->record.generation(), 2);
}

TEST_F(RevisionsTest, WhatTheRuntimeRefusesIsNotStored) {
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  core_.Apply({ApplicationText(Scaled(5))});
  core_.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_REFUSED, "no more of these");
  const auto refused = Rollback();
  ASSERT_TRUE(refused.ok()) << refused.status();
  ASSERT_THAT(refused->diagnostics(), SizeIs(1));
  EXPECT_EQ(refused->diagnostics(0).code(), "RUNTIME_REFUSED");
  EXPECT_EQ(Replicas(), 5);
}

TEST_F(RevisionsTest, OnlySoManyAreKept) {
  core_.Apply({ComponentText()});
  for (int replicas = 1; replicas <= kRevisionsKept + 3; ++replicas)
    core_.Apply({ApplicationText(Scaled(replicas))});
  const std::vector<std::string> history = History();
  ASSERT_THAT(history, SizeIs(kRevisionsKept + 1));
  EXPECT_EQ(history.front(), absl::StrCat(kRevisionsKept + 3, " of site 1"));
  EXPECT_EQ(history.back(), "3 of site 1");
}

TEST_F(RevisionsTest, TheyGoWithTheApplication) {
  core_.StartScheduler();
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  core_.Apply({ApplicationText(Scaled(5))});
  EXPECT_THAT(Keys(core_.store, "history/"), SizeIs(1));
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  EXPECT_EQ(Rollback().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Await([&] { return Keys(core_.store, "application/").empty(); }));
  EXPECT_THAT(Keys(core_.store, "history/"), IsEmpty());
  EXPECT_THAT(History(), ElementsAre("there is no application shop in namespace default"));
}

TEST_F(RevisionsTest, APlanNamesEveryLeafThatChangesAndChangesNothing) {
  core_.Apply({ComponentText("site:1"), ApplicationText(Scaled(3))});
  const auto keys = Keys(core_.store, "desired/");
  const core::v1::PlanResponse plan = Plan({ComponentText("site:2"), ApplicationText(Scaled(5))});
  ASSERT_THAT(plan.objects(), SizeIs(1));
  EXPECT_EQ(plan.objects(0).application(), "default/shop");
  EXPECT_THAT(Lines(plan.objects()),
              testing::IsSupersetOf({std::string("UPDATED Deployment/front"),
                                     std::string("/spec/replicas 3 -> 5"),
                                     absl::StrCat(kImage, " \"site:1\" -> \"site:2\"")}));
  for (const auto& leaf : plan.objects(0).leaves()) {
    if (leaf.pointer() == "/spec/replicas") {
      EXPECT_THAT(leaf.owner(), HasSubstr("default/shop/front/"));
    }
    if (leaf.pointer() == kImage) {
      EXPECT_EQ(leaf.owner(), "default/shop/front");
    }
  }
  EXPECT_EQ(plan.changes_size(), 2);
  EXPECT_EQ(Replicas(), 3);
  EXPECT_EQ(Keys(core_.store, "desired/"), keys);
  EXPECT_THAT(Keys(core_.store, "history/"), IsEmpty());
}

TEST_F(RevisionsTest, APlanNamesNewObjectsAndThoseThatGo) {
  core_.Apply({ComponentText(), ApplicationText("", "shop", "front")});
  EXPECT_THAT(Lines(Plan({ApplicationText("", "shop", "back")}).objects()),
              ElementsAre("CREATED Deployment/back", "DELETED Deployment/front"));
}

TEST_F(RevisionsTest, APlanThatIsRefusedSaysWhy) {
  const core::v1::PlanResponse plan = Plan({ApplicationText()});
  EXPECT_THAT(plan.diagnostics(), SizeIs(1));
  EXPECT_THAT(plan.objects(), IsEmpty());
}

TEST_F(RevisionsTest, APlanSaysHowThePlatformDiffersFromWhatWasApplied) {
  core_.runtime.SayDigests();
  core_.StartScheduler();
  core_.Apply({ComponentText(), ApplicationText(Scaled(3))});
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  EXPECT_THAT(Plan({ApplicationText(Scaled(3))}).objects(), IsEmpty());
  for (int i = 0; i < 3; ++i) {
    core_.runtime.Edit(kFront, "/spec/replicas", "kubectl");
    ASSERT_TRUE(Await([&] {
      return Keys(core_.store, "inventory/").size() == 1 &&
             ReadInventory(core_.store, "default", "shop")->at(kFront).corrections_size() +
                     3 * ReadInventory(core_.store, "default", "shop")
                             ->at(kFront)
                             .contested_size() >
                 i;
    }));
  }
  EXPECT_THAT(Lines(Plan({ApplicationText(Scaled(3))}).objects()),
              ElementsAre("UNCHANGED Deployment/front", HasSubstr("is left to kubectl")));
}

}  // namespace
}  // namespace weft::scheduler
