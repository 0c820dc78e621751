// Steered leaves from the document to the runtime and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kSteererKey[] = "default/shop/front/steerer#0";
constexpr char kScaler[] = "{name: scaler, properties: {replicas: 5}}";
constexpr char kSteerer[] = "{name: steerer}";

void AddType(const std::string& type, pb::WriteMode mode, pb::DescribeResponse& description) {
  pb::Capability* capability = description.add_capabilities();
  capability->set_kind(pb::CAPABILITY_KIND_TRAIT);
  capability->set_type(type);
  capability->add_applies_to("+scale");
  if (mode == pb::WRITE_MODE_OVERRIDE)
    capability->set_properties_schema(R"({"properties":{"replicas":{"type":"integer"}}})");
  pb::Write* write = capability->add_writes();
  write->set_api_version("*");
  write->set_kind("*");
  write->set_pointer("+scale");
  write->set_mode(mode);
}

pb::RenderResponse RenderTrait(const pb::RenderTraitRequest& request) {
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact(request.expected_artifact());
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version("apps/v1");
  part->mutable_object()->set_kind("Deployment");
  part->mutable_object()->set_name(request.instance().name());
  part->set_pointer("/spec/replicas");
  if (request.instance().type() == "scaler") {
    part->set_operation(pb::PART_OPERATION_MERGE);
    const json::value properties = *json::Parse(request.instance().properties());
    part->set_json(absl::StrCat(json::GetInt(properties, {"replicas"})));
  } else {
    part->set_operation(pb::PART_OPERATION_STEER);
    part->set_steering(pb::STEERING_ACTIONS);
  }
  return response;
}

// The provider "traits" serves "scaler", which sets the replicas, and "steerer" and "rival", which
// steer them. The workload says one replica.
class SteeringTest : public testing::Test {
 protected:
  void SetUp() override {
    pb::DescribeResponse description;
    description.add_protocol_versions("v1");
    AddType("scaler", pb::WRITE_MODE_OVERRIDE, description);
    AddType("steerer", pb::WRITE_MODE_STEER, description);
    AddType("rival", pb::WRITE_MODE_STEER, description);
    core_.traits->SetDescription(description);
    core_.traits->render_trait = RenderTrait;
    core_.SetConnected(*core_.traits, "traits", false);
    core_.SetConnected(*core_.traits, "traits", true);
    core_.StartScheduler();
  }
  core::v1::ApplyResponse Apply(const std::string& traits) {
    const core::v1::ApplyResponse response =
        core_.Apply({ComponentText(), ApplicationText(traits)});
    EXPECT_TRUE(response.changes().empty() || core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
    return response;
  }
  // What the service of the instances does.
  void Act(const std::string& value, uint64_t sequence) {
    Inventory inventory = *ReadInventory(core_.store, "default", "shop");
    const auto desired = ReadDesired(core_.store, "default", "shop");
    ASSERT_TRUE(ApplyAction({kSteererKey, "/spec/replicas", value, 1, sequence, "job", 5000},
                            desired->at(kFront), inventory[kFront])
                    .changed);
    store::Transaction transaction;
    transaction.Put(InventoryKeyOf("default", "shop", kFront),
                    inventory[kFront].SerializeAsString());
    ASSERT_TRUE(core_.store.Commit(std::move(transaction)).ok());
    core_.scheduler().Touch("default/shop");
    EXPECT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  }
  std::string Replicas() const {
    const json::value object = *json::Parse(core_.runtime.JsonOf(kFront));
    const json::value* replicas = json::FindPath(object, {"spec", "replicas"});
    return replicas == nullptr ? "none" : json::Canonical(*replicas);
  }

  TestCore core_;
};

TEST_F(SteeringTest, ALeafIsHandedOverAndBackAndKeepsWhatWasSet) {
  EXPECT_THAT(Brief(Apply(kScaler)), IsEmpty());
  EXPECT_EQ(Replicas(), "5");

  Apply(kSteerer);
  EXPECT_EQ(Replicas(), "none");
  EXPECT_THAT(core_.runtime.SteeredOf(kFront), ElementsAre("/spec/replicas from 1"));
  Act("3", 1);
  EXPECT_THAT(core_.runtime.SteeredOf(kFront), ElementsAre("/spec/replicas = 3"));

  Apply(absl::StrCat(kSteerer, ", ", kScaler));
  EXPECT_THAT(core_.runtime.SteeredOf(kFront), ElementsAre("/spec/replicas = 3"));
  const core::v1::Application status = core_.Status();
  const core::v1::SteeredLeafStatus& leaf = status.components(0).objects(0).steered(0);
  EXPECT_EQ(leaf.by(), kSteererKey);
  EXPECT_EQ(leaf.value(), "3");
  EXPECT_EQ(leaf.reason(), "job");

  Apply(kScaler);
  EXPECT_EQ(Replicas(), "5");
  EXPECT_THAT(core_.runtime.SteeredOf(kFront), IsEmpty());
  Apply(kSteerer);  // What was claimed before is forgotten.
  EXPECT_THAT(core_.runtime.SteeredOf(kFront), ElementsAre("/spec/replicas from 1"));
}

TEST_F(SteeringTest, AValueBesideASteererIsAWarningWhereItStands) {
  const core::v1::ApplyResponse response = Apply(absl::StrCat(kScaler, ", ", kSteerer));
  ASSERT_THAT(Brief(response),
              ElementsAre("8:16 warning STEERED_VALUE /spec/components/0/traits/0"));
  EXPECT_THAT(response.diagnostics(0).message(),
              HasSubstr("5 is only what it starts with: steerer steers it"));
  EXPECT_THAT(core_.runtime.SteeredOf(kFront), ElementsAre("/spec/replicas from 5"));
}

TEST_F(SteeringTest, TwoWhoSteerALeafAreAConflict) {
  const core::v1::ApplyResponse response = Apply("{name: rival}, {name: steerer}");
  EXPECT_THAT(Brief(response), ElementsAre("8:31 CONFLICT /spec/components/0/traits/1"));
  EXPECT_THAT(response.diagnostics(0).message(), HasSubstr("both steer this"));
  EXPECT_THAT(response.changes(), IsEmpty());
}

}  // namespace
}  // namespace weft::scheduler
