#include "core/scheduler/drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Corrections = google::protobuf::RepeatedPtrField<runtime::v1::ApplyResponse::Correction>;

constexpr int64_t kMinute = 60 * 1000;

Corrections Of(const std::vector<std::string>& pointers,
               const std::string& writer = "kubectl-edit") {
  Corrections corrections;
  for (const std::string& pointer : pointers) {
    corrections.Add()->set_pointer(pointer);
    corrections.rbegin()->set_writer(writer);
  }
  return corrections;
}

store::v1::InventoryRecord Record() {
  store::v1::InventoryRecord record;
  record.set_generation(4);
  record.set_accepted(4);
  record.set_digest("d");
  return record;
}

std::vector<std::string> ContestedOf(const store::v1::InventoryRecord& record) {
  std::vector<std::string> contested;
  for (const auto& leaf : record.contested())
    contested.push_back(leaf.pointer() + " " + leaf.writer());
  return contested;
}

TEST(Drift, IsAnotherDigestOfTheGenerationThatWasAccepted) {
  const struct {
    const char* name;
    uint64_t generation;  // Of the projection.
    const char* digest;
    bool drifted;
  } kCases[] = {
      {"as it was accepted", 4, "d", false},
      {"changed", 4, "e", true},
      {"a runtime that nobody writes beside", 4, "", false},
      {"an event of the generation before", 3, "e", false},
      {"an event of a generation that this store does not know", 5, "e", false},
  };
  for (const auto& c : kCases) {
    runtime::v1::Projection projection;
    projection.set_generation(c.generation);
    projection.set_digest(c.digest);
    EXPECT_EQ(HasDrifted(Record(), projection), c.drifted) << c.name;
    store::v1::InventoryRecord pending = Record();
    pending.set_generation(6);
    EXPECT_FALSE(HasDrifted(pending, projection)) << c.name;
  }
}

TEST(Drift, TheThirdCorrectionWithinFiveMinutesContestsTheLeaf) {
  store::v1::InventoryRecord record = Record();
  EXPECT_FALSE(RecordCorrections(Of({"/spec/a", "/spec/b"}), 0, record));
  EXPECT_FALSE(RecordCorrections(Of({"/spec/a"}), 2 * kMinute, record));
  EXPECT_EQ(record.generation(), 4u);
  EXPECT_TRUE(RecordCorrections(Of({"/spec/a"}, "argo"), 5 * kMinute - 1, record));
  EXPECT_THAT(ContestedOf(record), ElementsAre("/spec/a argo"));
  EXPECT_EQ(record.generation(), 5u);
  // Of the other leaf there was one; it goes on counting.
  ASSERT_EQ(record.corrections_size(), 1);
  EXPECT_EQ(record.corrections(0).pointer(), "/spec/b");
}

TEST(Drift, WhatIsOlderThanFiveMinutesDoesNotCount) {
  store::v1::InventoryRecord record = Record();
  for (int64_t minute = 0; minute <= 20; minute += 5)
    for (int twice = 0; twice < 2; ++twice)
      EXPECT_FALSE(RecordCorrections(Of({"/spec/a"}), minute * kMinute, record)) << minute;
  EXPECT_EQ(record.corrections_size(), 2);
  EXPECT_THAT(ContestedOf(record), IsEmpty());
}

TEST(Drift, AnAnswerWithoutCorrectionsCountsNothing) {
  store::v1::InventoryRecord record = Record();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(RecordCorrections({}, i, record));
  EXPECT_EQ(record.SerializeAsString(), Record().SerializeAsString());
}

TEST(Drift, SeveralLeavesMayBecomeContestedAtOnce) {
  store::v1::InventoryRecord record = Record();
  RecordCorrections(Of({"/spec/b", "/spec/a"}), 0, record);
  RecordCorrections(Of({"/spec/b", "/spec/a"}), 1, record);
  EXPECT_TRUE(RecordCorrections(Of({"/spec/b", "/spec/a"}), 2, record));
  EXPECT_THAT(ContestedOf(record), ElementsAre("/spec/a kubectl-edit", "/spec/b kubectl-edit"));
  EXPECT_THAT(record.corrections(), IsEmpty());
  EXPECT_EQ(record.generation(), 5u);
}

TEST(Drift, TheLabelsByWhichTheCoreKnowsItsOwnAreNeverGivenUp) {
  store::v1::InventoryRecord record = Record();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(RecordCorrections(Of({"/metadata/labels/weft.dev~1installation"}), i, record));
  }
  EXPECT_TRUE(record.contested().empty());
}

// `json` as it is applied with these leaves contested, and what becomes a seed.
std::vector<std::string> LeftAlone(const std::string& json,
                                   const std::vector<std::string>& contested) {
  runtime::v1::AppliedObject to;
  *to.mutable_object()->mutable_ref() = Ref("Deployment", "front");
  to.mutable_object()->set_json(json);
  store::v1::InventoryRecord record = Record();
  for (const std::string& pointer : contested) record.add_contested()->set_pointer(pointer);
  LeaveContested(record, to);
  std::vector<std::string> out = {to.object().json()};
  for (const runtime::v1::SteeredLeaf& leaf : to.steered())
    out.push_back(leaf.pointer() + (leaf.set() ? " = " : " from ") + leaf.value());
  return out;
}

TEST(Drift, AContestedLeafBecomesASeed) {
  const std::string json = R"({"spec":{"paused":true,"replicas":3}})";
  EXPECT_THAT(LeftAlone(json, {}), ElementsAre(json));
  EXPECT_THAT(LeftAlone(json, {"/spec/gone", "/spec/replicas"}),
              ElementsAre(R"({"spec":{"paused":true}})", "/spec/replicas from 3"));
}

TEST(Drift, AContestedElementOfAListBecomesSeedsAsAWhole) {
  const std::string env = "/spec/template/spec/containers[name=web]/env[name=A]";
  EXPECT_THAT(
      LeftAlone(R"({"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"1"}],)"
                R"("name":"web"}]}}}})",
                {env + "/name", env + "/value"}),
      ElementsAre(R"({"spec":{"template":{"spec":{"containers":[{"env":[],"name":"web"}]}}}})",
                  env + R"(/name from "A")", env + R"(/value from "1")"));
}

TEST(Drift, AContestedLeafIsDescribedWithWhatHelps) {
  store::v1::ContestedRecord contested;
  contested.set_pointer("/spec/replicas");
  contested.set_writer("kubectl-edit");
  EXPECT_EQ(DescribeContested(contested),
            "/spec/replicas is left to kubectl-edit, which changed it 3 times in 5 minutes; apply "
            "the application with another value to take it back");
  contested.clear_writer();
  EXPECT_THAT(DescribeContested(contested), testing::HasSubstr("is left to another writer, which"));
}

}  // namespace
}  // namespace weft::scheduler
