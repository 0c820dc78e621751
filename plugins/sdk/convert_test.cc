#include "plugins/sdk/convert.h"

#include <gmock/gmock.h>

namespace weft::sdk {
namespace {

namespace pb = ::weft::provider::v1;

TEST(Convert, AnInstanceThatLeavesIsAskedForAsItIsOnTheWire) {
  pb::FinalizeRequest request;
  request.mutable_instance()->set_key("default/shop/front/queue#1");
  request.mutable_instance()->set_properties(R"({"name":"orders"})");
  request.mutable_shape()->set_kind("Deployment");
  request.add_objects()->set_name("front");
  request.add_observed()->set_status(R"({"replicas":2})");
  request.mutable_now()->set_seconds(90);
  request.mutable_since()->set_seconds(30);
  const absl::StatusOr<FinalizeRequest> asked = FromProto(request);
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->instance.GetString("name"), "orders");
  EXPECT_EQ(asked->shape.kind, "Deployment");
  EXPECT_EQ(asked->objects.at(0).name, "front");
  EXPECT_EQ(json::GetInt(asked->observed.at(0).status, {"replicas"}), 2);
  EXPECT_EQ(asked->now - asked->since, absl::Minutes(1));
  request.mutable_observed(0)->set_status("{");
  EXPECT_TRUE(absl::IsInvalidArgument(FromProto(request).status()));
}

TEST(Convert, AnAnswerToFinalizeIsDoneOrWhatIsWaitedFor) {
  EXPECT_EQ(ToProto(Done()).outcome(), pb::FINALIZE_OUTCOME_DONE);
  const pb::FinalizeResponse wait =
      ToProto(Wait{absl::Milliseconds(1500), "the queue is not empty"});
  EXPECT_EQ(wait.outcome(), pb::FINALIZE_OUTCOME_WAIT);
  EXPECT_EQ(wait.retry_after().seconds(), 1);
  EXPECT_EQ(wait.retry_after().nanos(), 500'000'000);
  EXPECT_EQ(wait.message(), "the queue is not empty");
}

TEST(Convert, FinalizeIsDeclaredWhereTheAuthorHasIt) {
  Trait trait = {.type = "queue"};
  EXPECT_THAT(ToProto(trait).features(), testing::IsEmpty());
  trait.finalize = [](const FinalizeRequest&) { return Done(); };
  EXPECT_THAT(ToProto(trait).features(), testing::ElementsAre(pb::FEATURE_FINALIZE));
}

TEST(Convert, ATypeDeclaresWhatItReadsAndSeesIt) {
  const Workload reader = {.type = "reader",
                           .reads = {.target = true, .peers = true, .state = true}};
  EXPECT_THAT(ToProto(reader).reads(),
              testing::ElementsAre(pb::READ_TARGET, pb::READ_PEERS, pb::READ_STATE));
  EXPECT_THAT(ToProto(Trait{.type = "blind"}).reads(), testing::IsEmpty());
  pb::RenderTraitRequest request;
  request.set_state("ours");
  request.mutable_target()->set_platform("docker");
  pb::Peer* peer = request.add_peers();
  peer->set_name("db");
  peer->add_outputs()->set_name("url");
  peer->mutable_outputs(0)->set_value("tcp://db");
  const absl::StatusOr<TraitRequest> asked = FromProto(request);
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->readings.state, "ours");
  EXPECT_EQ(asked->readings.target.platform, "docker");
  ASSERT_EQ(asked->readings.peers.size(), 1U);
  EXPECT_EQ(asked->readings.peers[0].outputs.at("url"), "tcp://db");
}

TEST(Convert, AnAnswerIsReadyOrSaysWhatIsWaitedFor) {
  EXPECT_EQ(ToProto(Parts(), Diagnostics()).outcome(), pb::OUTCOME_READY);
  const pb::RenderResponse wait =
      ToProto(Parts::NotReady("no address yet", absl::Seconds(5)), Diagnostics());
  EXPECT_EQ(wait.outcome(), pb::OUTCOME_NOT_READY);
  EXPECT_EQ(wait.reason(), "no address yet");
  EXPECT_EQ(wait.retry_after().seconds(), 5);
}

TEST(Convert, ATraitSaysWhatItComesAfter) {
  const Trait trait = {.type = "last", .after = {"first", "*"}};
  EXPECT_THAT(ToProto(trait).after(), testing::ElementsAre("first", "*"));
}

TEST(Convert, APartSaysWhatBecomesOfWhatStandsThere) {
  const ObjectRef object = {"apps/v1", "Deployment", "web", ""};
  Parts parts;
  parts.Merge(object, "/spec/a", 1);
  parts.Remove(object, "/spec/b");
  parts.Replace(object, "/spec/c", json::object{{"x", 2}});
  parts.ReplaceIfImmutable(object);
  const pb::RenderResponse answer = ToProto(parts, Diagnostics());
  ASSERT_EQ(answer.parts_size(), 4);
  for (const pb::Part& part : answer.parts()) EXPECT_EQ(part.object().name(), "web");
  EXPECT_EQ(answer.parts(0).operation(), pb::PART_OPERATION_MERGE);
  EXPECT_EQ(answer.parts(0).on_immutable(), pb::ON_IMMUTABLE_UNSPECIFIED);
  EXPECT_EQ(answer.parts(1).operation(), pb::PART_OPERATION_REMOVE);
  EXPECT_EQ(answer.parts(1).pointer(), "/spec/b");
  EXPECT_EQ(answer.parts(1).json(), "");
  EXPECT_EQ(answer.parts(2).operation(), pb::PART_OPERATION_REPLACE);
  EXPECT_EQ(answer.parts(2).json(), R"({"x":2})");
  EXPECT_EQ(answer.parts(3).operation(), pb::PART_OPERATION_MERGE);
  EXPECT_EQ(answer.parts(3).json(), "{}");
  EXPECT_EQ(answer.parts(3).on_immutable(), pb::ON_IMMUTABLE_REPLACE);
}

TEST(Convert, APermissionToRemoveIsOneOfItsOwn) {
  const Trait trait = {.type = "t", .writes = {{"*", "*", "/spec", WriteMode::kRemove}}};
  EXPECT_EQ(ToProto(trait).writes(0).mode(), pb::WRITE_MODE_REMOVE);
}

}  // namespace
}  // namespace weft::sdk
