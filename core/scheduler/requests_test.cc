#include "core/scheduler/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::ElementsAre;

json::value Json(const std::string& text) { return json::Parse(text).value(); }

model::Probe HttpProbe(const std::string& path, int port) {
  model::Probe probe;
  probe.http_get.emplace();
  probe.http_get->path = path;
  probe.http_get->port = port;
  return probe;
}

resolve::Application MakeApplication() {
  resolve::Container container, side;
  side.name = "side";
  side.image = "side:2";
  container.name = "main";
  container.image = "site:1";
  container.command = {"/bin/site", "-v"};
  container.args = {"--color"};
  container.env = {{"MODE", "fast"}, {"EMPTY", ""}};
  container.ports.emplace_back();
  container.ports[0].name = "http";
  container.ports[0].container_port = 8080;
  container.ports[0].protocol = "TCP";
  container.cpu_millicores = 250;
  container.memory_bytes = 1 << 20;
  container.readiness = HttpProbe("/ready", 8080);
  resolve::TraitInstance scaler;
  scaler.key = "default/shop/front/scaler#0";
  scaler.type.name = "scaler";
  scaler.type.provider = "traits";
  scaler.properties = Json(R"({"replicas": 3, "a": 1.0})");
  scaler.pointer = "/spec/components/0/traits/0";
  resolve::WorkloadInstance front;
  front.key = "default/shop/front";
  front.name = "front";
  front.component_name = "site";
  front.revision = 7;
  front.type.name = "example.org/v1.Web";
  front.type.provider = "web";
  front.type.assesses = true;
  front.type.timeline = true;
  front.type.shape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"};
  front.properties = Json(R"({"tries": 2})");
  front.os_type = "linux";
  front.arch = "amd64";
  front.containers = {container, side};
  front.traits = {scaler};
  return {"default", "shop", {front}};
}

merge::MergedObject MakeObject() {
  return {{"apps/v1", "Deployment", "default", "front"},
          Json(R"({"spec": {"replicas": 1.0}, "kind": "Deployment"})"),
          {{"/spec/replicas", "default/shop/front"}}};
}

TEST(Requests, AWorkloadIsAskedForWithItsWholeComponent) {
  const resolve::Application application = MakeApplication();
  const pb::RenderWorkloadRequest request =
      MakeWorkloadRequest(application, application.instances[0]);
  EXPECT_EQ(request.instance().key(), "default/shop/front");
  EXPECT_EQ(request.instance().namespace_(), "default");
  EXPECT_EQ(request.instance().application(), "shop");
  EXPECT_EQ(request.instance().name(), "front");
  EXPECT_EQ(request.instance().type(), "example.org/v1.Web");
  EXPECT_EQ(request.instance().properties(), R"({"tries":2})");
  EXPECT_EQ(request.component().os_type(), "linux");
  EXPECT_EQ(request.component().arch(), "amd64");
  ASSERT_EQ(request.component().containers_size(), 2);
  const pb::Container& main = request.component().containers(0);
  EXPECT_EQ(main.name(), "main");
  EXPECT_EQ(main.image(), "site:1");
  EXPECT_THAT(main.command(), ElementsAre("/bin/site", "-v"));
  EXPECT_THAT(main.args(), ElementsAre("--color"));
  ASSERT_EQ(main.env_size(), 2);
  EXPECT_EQ(main.env(0).name(), "MODE");
  EXPECT_EQ(main.env(0).value(), "fast");
  ASSERT_EQ(main.ports_size(), 1);
  EXPECT_EQ(main.ports(0).name(), "http");
  EXPECT_EQ(main.ports(0).container_port(), 8080);
  EXPECT_EQ(main.ports(0).protocol(), "TCP");
  EXPECT_EQ(main.requests().cpu_millicores(), 250);
  EXPECT_EQ(main.requests().memory_bytes(), 1 << 20);
  EXPECT_EQ(main.readiness().path(), "/ready");
  EXPECT_EQ(main.readiness().period_seconds(), 10);
  EXPECT_FALSE(request.component().containers(1).has_readiness());
}

TEST(Requests, OfAComponentAProviderGetsWhatItsTypeCarriesOut) {
  resolve::Application application = MakeApplication();
  resolve::WorkloadInstance& front = application.instances[0];
  resolve::Container& main = front.containers[0];
  main.liveness.emplace();
  main.liveness->exec = {"test", "-f", "/alive"};
  main.readiness->http_get->headers = {{"X-Probe", "1"}};
  main.config_files = {{"/etc/a", "text"}};
  main.image_pull_secret = "registry";
  main.volumes.emplace_back();
  main.volumes[0].name = "tmp";
  main.volumes[0].mount_path = "/tmp";
  main.volumes[0].access_mode = "RO";
  main.volumes[0].ephemeral = true;
  main.volumes[0].disk_bytes = 5;
  main.volumes.emplace_back();
  main.volumes[1].name = "data";
  main.volumes[1].sharing_policy = "Shared";
  front.containers[1].readiness.emplace();
  front.containers[1].readiness->tcp_port = 9000;
  const auto ask = [&] { return MakeWorkloadRequest(application, front).component(); };
  EXPECT_FALSE(ask().containers(0).has_liveness());
  EXPECT_TRUE(ask().containers(0).config_files().empty());
  EXPECT_TRUE(ask().containers(0).volumes().empty());
  front.type.carries = {true, true, true};
  const pb::Container asked = ask().containers(0);
  EXPECT_EQ(asked.liveness().action(), pb::PROBE_ACTION_EXEC);
  EXPECT_THAT(asked.liveness().command(), ElementsAre("test", "-f", "/alive"));
  ASSERT_EQ(asked.readiness().headers_size(), 1);
  EXPECT_EQ(asked.readiness().headers(0).name(), "X-Probe");
  ASSERT_EQ(asked.config_files_size(), 1);
  EXPECT_EQ(asked.config_files(0).path(), "/etc/a");
  EXPECT_EQ(asked.config_files(0).content(), "text");
  ASSERT_EQ(asked.volumes_size(), 1);
  EXPECT_TRUE(asked.volumes(0).read_only() && asked.volumes(0).ephemeral());
  EXPECT_EQ(asked.volumes(0).disk_bytes(), 5);
  EXPECT_EQ(asked.image_pull_secret(), "");
  front.type.carries.image_pull_secrets = true;
  EXPECT_EQ(ask().containers(0).image_pull_secret(), "registry");
  front.type.carries.persistent_volumes = true;
  const pb::Container outliving = ask().containers(0);
  ASSERT_EQ(outliving.volumes_size(), 2);
  EXPECT_TRUE(outliving.volumes(1).shared() && !outliving.volumes(1).ephemeral());
  EXPECT_EQ(ask().containers(1).readiness().action(), pb::PROBE_ACTION_TCP);
  EXPECT_EQ(ask().containers(1).readiness().port(), 9000);
}

TEST(Requests, WithoutPropertiesAProviderGetsAnEmptyObject) {
  resolve::Application application = MakeApplication();
  application.instances[0].properties = nullptr;
  EXPECT_EQ(MakeWorkloadRequest(application, application.instances[0]).instance().properties(),
            "{}");
}

TEST(Requests, ATraitSeesItsWorkloadOnlyIfItsTypeReadsIt) {
  resolve::Application application = MakeApplication();
  resolve::WorkloadInstance& front = application.instances[0];
  pb::RenderTraitRequest request =
      MakeTraitRequest(application, front, front.traits[0], {MakeObject()});
  EXPECT_EQ(request.instance().key(), "default/shop/front/scaler#0");
  EXPECT_EQ(request.instance().name(), "front");
  EXPECT_EQ(request.instance().type(), "scaler");
  EXPECT_EQ(request.instance().properties(), R"({"a":1,"replicas":3})");
  EXPECT_FALSE(request.has_workload());

  front.traits[0].type.reads_shape = true;
  request = MakeTraitRequest(application, front, front.traits[0], {});
  EXPECT_EQ(request.workload().type(), "example.org/v1.Web");
  EXPECT_EQ(request.workload().shape().scale(), "/spec/replicas");
  EXPECT_EQ(request.workload().objects_size(), 0);

  front.traits[0].type.reads_workload = true;
  request = MakeTraitRequest(application, front, front.traits[0], {MakeObject()});
  EXPECT_EQ(request.workload().type(), "example.org/v1.Web");
  EXPECT_EQ(request.workload().shape().scale(), "/spec/replicas");
  EXPECT_EQ(request.workload().shape().pod_template(), "/spec/template");
  ASSERT_EQ(request.workload().objects_size(), 1);
  EXPECT_EQ(request.workload().objects(0).ref().namespace_(), "default");
  EXPECT_EQ(request.workload().objects(0).json(), R"({"kind":"Deployment","spec":{"replicas":1}})");
}

// The request is the key of the cache.
TEST(Requests, TheSameInputGivesTheSameBytes) {
  const resolve::Application application = MakeApplication();
  EXPECT_EQ(MakeWorkloadRequest(application, application.instances[0]).SerializeAsString(),
            MakeWorkloadRequest(MakeApplication(), application.instances[0]).SerializeAsString());
}

TEST(Requests, AContributionHasThePartsOfTheAnswer) {
  pb::RenderResponse answer;
  pb::Part* part = answer.add_parts();
  part->mutable_object()->set_api_version("apps/v1");
  part->mutable_object()->set_kind("Deployment");
  part->mutable_object()->set_name("front");
  part->set_pointer("/spec/replicas");
  part->set_json("3");
  const merge::Contribution contribution = MakeContribution(
      "default/shop/front/scaler#0", {{"*", "*", "+scale", catalog::WriteMode::kOverride}}, answer);
  EXPECT_EQ(contribution.owner, "default/shop/front/scaler#0");
  ASSERT_EQ(contribution.writes.size(), 1u);
  ASSERT_EQ(contribution.parts.size(), 1u);
  EXPECT_EQ(contribution.parts[0].object, (merge::ObjectRef{"apps/v1", "Deployment", "", "front"}));
  EXPECT_EQ(contribution.parts[0].pointer, "/spec/replicas");
  EXPECT_EQ(json::Canonical(contribution.parts[0].value), "3");
}

TEST(Requests, AMarkOfASteeredLeafIsAPartWithoutAValue) {
  pb::RenderResponse answer;
  for (const pb::Steering steering : {pb::STEERING_ACTIONS, pb::STEERING_PLATFORM}) {
    pb::Part* part = answer.add_parts();
    part->set_operation(pb::PART_OPERATION_STEER);
    part->set_steering(steering);
  }
  const merge::Contribution contribution = MakeContribution("owner", {}, answer);
  EXPECT_EQ(contribution.parts.at(0).steering, merge::Steering::kActions);
  EXPECT_EQ(contribution.parts.at(1).steering, merge::Steering::kPlatform);
}

TEST(Requests, WhatGoesIsAPartWithoutAValueAndWhatIsReplacedOneWithIt) {
  pb::RenderResponse answer;
  answer.add_parts()->set_operation(pb::PART_OPERATION_REMOVE);
  answer.add_parts()->set_operation(pb::PART_OPERATION_REPLACE);
  answer.mutable_parts(1)->set_json("3");
  const merge::Contribution contribution = MakeContribution("owner", {}, answer);
  EXPECT_EQ(contribution.parts.at(0).operation, merge::Operation::kRemove);
  EXPECT_EQ(contribution.parts.at(1).operation, merge::Operation::kReplace);
  EXPECT_EQ(json::Canonical(contribution.parts.at(1).value), "3");
}

TEST(Requests, OnlyReplaceSaysThatAnObjectIsMadeAnewWhereItCannotBeChanged) {
  pb::RenderResponse answer;
  for (const int said : {0, 1, 2, 77}) {
    answer.add_parts()->set_on_immutable(static_cast<pb::OnImmutable>(said));
    answer.mutable_parts()->rbegin()->set_json("{}");
  }
  const merge::Contribution contribution = MakeContribution("owner", {}, answer);
  ASSERT_EQ(contribution.parts.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(contribution.parts[i].replace_if_immutable, i == 2) << i;
  for (const bool replace : {false, true}) {
    merge::MergedObject object = MakeObject();
    object.replace = replace;
    const store::v1::DesiredRecord record = MakeDesiredRecord("default/shop/front", object);
    EXPECT_EQ(record.replace(), replace);
    EXPECT_EQ(ReadDesiredRecord(record)->replace, replace);
  }
}

TEST(Requests, AnInstanceIsStoredWithWhoServesItAndWhatItHas) {
  const resolve::Application application = MakeApplication();
  const store::v1::InstanceRecord record =
      MakeInstanceRecord(application, application.instances[0], {MakeObject()});
  EXPECT_EQ(record.instance().key(), "default/shop/front");
  EXPECT_EQ(record.component_name(), "site");
  EXPECT_EQ(record.revision(), 7);
  EXPECT_EQ(record.provider(), "web");
  EXPECT_TRUE(record.assesses());
  EXPECT_TRUE(record.timeline());
  EXPECT_EQ(record.shape().kind(), "Deployment");
  ASSERT_EQ(record.objects_size(), 1);
  EXPECT_EQ(record.objects(0).name(), "front");
  ASSERT_EQ(record.traits_size(), 1);
  EXPECT_EQ(record.traits(0).instance().key(), "default/shop/front/scaler#0");
  EXPECT_EQ(record.traits(0).provider(), "traits");
  EXPECT_FALSE(record.traits(0).assesses());
  EXPECT_FALSE(record.traits(0).timeline());
  EXPECT_EQ(record.traits(0).pointer(), "/spec/components/0/traits/0");
}

TEST(Requests, ADesiredObjectIsStoredCanonicalWithTheOwnersOfItsLeaves) {
  const store::v1::DesiredRecord record = MakeDesiredRecord("default/shop/front", MakeObject());
  EXPECT_EQ(record.object().ref().kind(), "Deployment");
  EXPECT_EQ(record.object().json(), R"({"kind":"Deployment","spec":{"replicas":1}})");
  EXPECT_EQ(record.owner(), "default/shop/front");
  ASSERT_EQ(record.leaves_size(), 1);
  EXPECT_EQ(record.leaves(0).pointer(), "/spec/replicas");
  EXPECT_EQ(record.leaves(0).owner(), "default/shop/front");
}

TEST(Requests, ADesiredObjectIsStoredWithWhoSteersItsLeaves) {
  merge::MergedObject object = MakeObject();
  object.steered = {{"/spec/a", "t", merge::Steering::kActions, Json("1.0"), "u"},
                    {"/spec/b", "t", merge::Steering::kPlatform, Json("null"), ""}};
  const store::v1::DesiredRecord record = MakeDesiredRecord("default/shop/front", object);
  ASSERT_EQ(record.steered_size(), 2);
  EXPECT_EQ(record.steered(0).pointer(), "/spec/a");
  EXPECT_EQ(record.steered(0).owner(), "t");
  EXPECT_EQ(record.steered(0).by(), pb::STEERING_ACTIONS);
  EXPECT_EQ(record.steered(0).seed(), "1");
  EXPECT_EQ(record.steered(1).by(), pb::STEERING_PLATFORM);
  EXPECT_EQ(record.steered(1).seed(), "null");
}

TEST(Requests, AStoredObjectIsReadAsItWas) {
  merge::MergedObject object = MakeObject();
  object.steered = {{"/spec/a", "t", merge::Steering::kActions, Json("1"), ""},
                    {"/spec/b", "t", merge::Steering::kPlatform, Json("null"), ""}};
  const store::v1::DesiredRecord record = MakeDesiredRecord("default/shop/front", object);
  const auto read = ReadDesiredRecord(record);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->ref, object.ref);
  EXPECT_EQ(json::Canonical(read->value), json::Canonical(object.value));
  EXPECT_EQ(read->leaves, object.leaves);
  EXPECT_EQ(MakeDesiredRecord("default/shop/front", *read).SerializeAsString(),
            record.SerializeAsString());
  store::v1::DesiredRecord broken = record;
  broken.mutable_steered(0)->set_seed("{");
  EXPECT_TRUE(absl::IsDataLoss(ReadDesiredRecord(broken).status()));
}

}  // namespace
}  // namespace weft::scheduler
