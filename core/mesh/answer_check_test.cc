#include "core/mesh/answer_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;
using testing::HasSubstr;

pb::RenderResponse Answer() {
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact("sha256:a");
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version("apps/v1");
  part->mutable_object()->set_kind("Deployment");
  part->mutable_object()->set_name("web");
  part->set_operation(pb::PART_OPERATION_MERGE);
  part->set_json(R"({"b": 1.0, "a": 2})");
  return response;
}

std::string Refusal(pb::RenderResponse response) {
  const absl::Status status = CheckAnswer("sha256:a", response);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(CheckAnswer, MakesJsonCanonical) {
  pb::RenderResponse response = Answer();
  ASSERT_TRUE(CheckAnswer("sha256:a", response).ok());
  EXPECT_EQ(response.parts(0).json(), R"({"a":2,"b":1})");
}

TEST(CheckAnswer, RefusesAnAnswerOfAnotherArtifact) {
  pb::RenderResponse response = Answer();
  EXPECT_EQ(CheckAnswer("sha256:b", response).code(), absl::StatusCode::kAborted);
}

TEST(CheckAnswer, RefusesWhatBreaksTheRules) {
  pb::RenderResponse response = Answer();
  response.clear_outcome();
  EXPECT_THAT(Refusal(response), HasSubstr("outcome 0"));
  response = Answer();
  response.mutable_parts(0)->set_operation(static_cast<pb::PartOperation>(77));
  EXPECT_THAT(Refusal(response), HasSubstr("UNSUPPORTED: the part operation 77 on Deployment/web"));
  response = Answer();
  response.mutable_parts(0)->mutable_object()->clear_kind();
  EXPECT_THAT(Refusal(response), HasSubstr("names no object"));
  response = Answer();
  response.mutable_parts(0)->set_json(R"({"a":1,"a":2})");
  EXPECT_THAT(Refusal(response), HasSubstr("twice"));
  response = Answer();
  response.mutable_parts(0)->set_json(absl::StrCat("\"", std::string(1 << 20, 'x'), "\""));
  EXPECT_THAT(Refusal(response), HasSubstr("over 1 MiB"));
  response = Answer();
  for (int i = 0; i < 512; ++i) {
    *response.add_parts() = response.parts(0);
    response.mutable_parts(i + 1)->mutable_object()->set_name(absl::StrCat("web-", i));
  }
  EXPECT_THAT(Refusal(response), HasSubstr("more than 512 objects"));
}

TEST(CheckAnswer, AMarkOfASteeredLeafSaysHowAndHasNoValue) {
  pb::RenderResponse response = Answer();
  response.mutable_parts(0)->set_operation(pb::PART_OPERATION_STEER);
  response.mutable_parts(0)->clear_json();
  EXPECT_THAT(Refusal(response), HasSubstr("UNSUPPORTED: the steering 0 of Deployment/web"));
  response.mutable_parts(0)->set_steering(static_cast<pb::Steering>(77));
  EXPECT_THAT(Refusal(response), HasSubstr("UNSUPPORTED: the steering 77 of Deployment/web"));
  for (const pb::Steering steering : {pb::STEERING_ACTIONS, pb::STEERING_PLATFORM}) {
    response.mutable_parts(0)->set_steering(steering);
    response.mutable_parts(0)->clear_json();
    EXPECT_TRUE(CheckAnswer("sha256:a", response).ok());
    response.mutable_parts(0)->set_json("1");
    EXPECT_THAT(Refusal(response), HasSubstr("has JSON"));
  }
}

TEST(CheckAnswer, WhatGoesHasNoValueAndWhatIsReplacedHasOne) {
  pb::RenderResponse response = Answer();
  response.mutable_parts(0)->set_operation(pb::PART_OPERATION_REMOVE);
  EXPECT_THAT(Refusal(response), HasSubstr("removes something of Deployment/web has JSON"));
  response.mutable_parts(0)->clear_json();
  EXPECT_TRUE(CheckAnswer("sha256:a", response).ok());
  response.mutable_parts(0)->set_operation(pb::PART_OPERATION_REPLACE);
  EXPECT_THAT(Refusal(response), HasSubstr("the JSON of a part of Deployment/web"));
  response.mutable_parts(0)->set_json("[ 1.0 ]");
  ASSERT_TRUE(CheckAnswer("sha256:a", response).ok());
  EXPECT_EQ(response.parts(0).json(), "[1]");
}

// An unknown one reads as FAIL.
TEST(CheckAnswer, TakesWhateverIsSaidOfWhatCannotBeChanged) {
  pb::RenderResponse response = Answer();
  for (const int said : {0, 1, 2, 77}) {
    response.mutable_parts(0)->set_on_immutable(static_cast<pb::OnImmutable>(said));
    EXPECT_TRUE(CheckAnswer("sha256:a", response).ok()) << said;
  }
}

TEST(ReadDescription, RefusesWhatCannotBeUsed) {
  pb::DescribeResponse description;
  EXPECT_THAT(std::string(ReadDescription("p", description).status().message()), HasSubstr("v1"));
  description.add_protocol_versions("v1");
  EXPECT_TRUE(ReadDescription("p", description).ok());
  pb::Capability* capability = description.add_capabilities();
  EXPECT_THAT(std::string(ReadDescription("p", description).status().message()),
              HasSubstr("without a type"));
  capability->set_type("t");
  EXPECT_THAT(std::string(ReadDescription("p", description).status().message()),
              HasSubstr("unknown capability kind"));
  capability->set_kind(pb::CAPABILITY_KIND_TRAIT);
  capability->set_properties_schema("{");
  EXPECT_THAT(std::string(ReadDescription("p", description).status().message()),
              HasSubstr("its schema"));
  capability->set_properties_schema("{}");
  capability->add_writes();
  EXPECT_THAT(std::string(ReadDescription("p", description).status().message()),
              HasSubstr("unknown write mode"));
}

TEST(ReadDescription, RefusesTraitsThatComeAfterEachOtherInACircle) {
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  for (const char* type : {"a", "b"}) {
    pb::Capability* capability = description.add_capabilities();
    capability->set_kind(pb::CAPABILITY_KIND_TRAIT);
    capability->set_type(type);
  }
  description.mutable_capabilities(0)->add_after("b");
  description.mutable_capabilities(1)->add_after("nobody");
  const auto types = ReadDescription("p", description);
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_THAT((*types)[0].after, testing::ElementsAre("b"));
  description.mutable_capabilities(1)->add_after("a");
  EXPECT_THAT(std::string(ReadDescription("p", description).status().message()),
              HasSubstr("in a circle: a after b after a"));
}

TEST(ReadDescription, ReadsWhatATypeSays) {
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  pb::Capability* capability = description.add_capabilities();
  capability->set_kind(pb::CAPABILITY_KIND_TRAIT);
  capability->set_type("scaler");
  capability->add_applies_to("+scale");
  capability->add_reads(pb::READ_WORKLOAD);
  capability->add_features(pb::FEATURE_ASSESS);
  const auto types = ReadDescription("p", description);
  ASSERT_TRUE(types.ok()) << types.status();
  ASSERT_EQ(types->size(), 1u);
  EXPECT_EQ((*types)[0].provider, "p");
  EXPECT_TRUE((*types)[0].reads_workload);
  EXPECT_TRUE((*types)[0].reads_shape);
  EXPECT_TRUE((*types)[0].assesses);
  EXPECT_FALSE((*types)[0].timeline);
  EXPECT_FALSE((*types)[0].instances);
  EXPECT_FALSE((*types)[0].carries.probes);
  capability->add_component_features(pb::COMPONENT_FEATURE_PROBES);
  capability->add_component_features(pb::COMPONENT_FEATURE_CONFIG_FILES);
  capability->add_component_features(pb::COMPONENT_FEATURE_EPHEMERAL_VOLUMES);
  const catalog::ComponentFeatures carries = ReadDescription("p", description).value()[0].carries;
  EXPECT_TRUE(carries.probes && carries.config_files && carries.ephemeral_volumes);
  EXPECT_FALSE(carries.image_pull_secrets);
  capability->add_component_features(pb::COMPONENT_FEATURE_IMAGE_PULL_SECRETS);
  EXPECT_TRUE(ReadDescription("p", description).value()[0].carries.image_pull_secrets);
  capability->add_features(pb::FEATURE_TIMELINE);
  capability->add_features(pb::FEATURE_INSTANCES);
  capability->add_writes()->set_mode(pb::WRITE_MODE_STEER);
  capability->add_writes()->set_mode(pb::WRITE_MODE_REMOVE);
  const auto living = ReadDescription("p", description);
  ASSERT_TRUE(living.ok()) << living.status();
  EXPECT_TRUE((*living)[0].timeline);
  EXPECT_TRUE((*living)[0].instances);
  EXPECT_EQ((*living)[0].writes.at(0).mode, catalog::WriteMode::kSteer);
  EXPECT_EQ((*living)[0].writes.at(1).mode, catalog::WriteMode::kRemove);
}

}  // namespace
}  // namespace weft::mesh
