#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

using VolumesOfTheRuntime = LocalRuntimeTest;

// A web server that reads a ConfigMap, all of it and one file of it.
std::string WithVolumes() {
  return absl::StrReplaceAll(
      DeploymentText("web", 1, "web:1",
                     R"(,"volumeMounts":[{"name":"conf","mountPath":"/conf"},
      {"name":"conf","mountPath":"/etc/a.conf","subPath":"a.conf"},{"name":"tmp","mountPath":"/tmp"}])"),
      {{R"("containers")",
        R"("volumes":[{"name":"conf","configMap":{"name":"settings"}},{"name":"tmp","emptyDir":{}}],
        "containers")"}});
}

std::string Settings(const std::string& content) {
  return absl::StrCat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings",
      "namespace":"default"},"data":{"a.conf":")",
                      content, R"("}})");
}

TEST_F(VolumesOfTheRuntime, VolumesAreFilledBeforeAContainerRunsAndGoWithThePod) {
  Start();
  EXPECT_EQ(Apply(DeploymentRef("web"), WithVolumes(), 1).outcome, ApplyResult::Outcome::kAccepted);
  ASSERT_TRUE(follower_->Until(SomePodSays("configmap \\\"settings\\\" not found")));
  EXPECT_TRUE(Running("main").empty());
  const ObjectRef map{"v1", "ConfigMap", "default", "settings"};
  Apply(map, Settings("one"), 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  ASSERT_EQ(engine_.unpacked().size(), 1u);
  EXPECT_TRUE(absl::StrContains(engine_.unpacked()[0], "/volumes/ "));
  EXPECT_TRUE(absl::StrContains(engine_.unpacked()[0], "one"));

  const engine::Container sandbox = *engine_.InspectContainer(Sandboxes().at(0));
  const engine::MountedVolume conf = sandbox.volumes.at("/volumes/conf");
  const std::string run = Running("main").at(0).id;
  EXPECT_EQ(engine_.VolumesOf(run),
            (std::vector<engine::VolumeMount>{
                {.volume = conf.name, .target = "/conf", .read_only = true},
                {.volume = sandbox.volumes.at("/volumes/tmp").name, .target = "/tmp"}}));
  EXPECT_EQ(engine_.BindsOf(run),
            (std::vector<engine::Bind>{{conf.path + "/a.conf", "/etc/a.conf"}}));

  Apply(map, Settings("two"), 2);
  ASSERT_TRUE(Soon([&] { return engine_.commands().size() == 1; }));
  EXPECT_TRUE(absl::StrContains(engine_.commands()[0], "publish /volumes/conf .."));
  EXPECT_TRUE(absl::StrContains(engine_.unpacked().at(1), "two"));
  EXPECT_EQ(Running("main").at(0).id, run) << "a change of files restarts nothing";

  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().empty(); }));
  EXPECT_TRUE(engine_.volumes().empty());
}

// What still named a volume of the sandbox before would keep it on the engine for ever.
TEST_F(VolumesOfTheRuntime, WithASandboxThatIsMadeAnewAllOfThePodBeginsAnew) {
  Start();
  Apply({"v1", "ConfigMap", "default", "settings"}, Settings("one"), 1);
  Apply(DeploymentRef("web"), WithVolumes(), 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::string sandbox = Sandboxes().at(0);
  const std::set<std::string> before = engine_.volumes();
  engine_.SetStartError(absl::InternalError("the address is taken"));
  engine_.Exit(sandbox, 137);
  ASSERT_TRUE(follower_->Until(SomePodSays("the address is taken")));
  engine_.SetStartError(absl::OkStatus());
  ASSERT_TRUE(Soon([&] { return Sandboxes().size() == 1 && Sandboxes().at(0) != sandbox; }));
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::set<std::string> after = engine_.volumes();
  EXPECT_EQ(after.size(), before.size());
  for (const std::string& volume : before) EXPECT_FALSE(after.contains(volume)) << volume;
}

constexpr char kClaim[] =
    R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data",
    "namespace":"default"},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"ssd",
    "resources":{"requests":{"storage":"1Gi"}}}})";

std::string WithClaim() {
  return absl::StrReplaceAll(
      DeploymentText("web", 1, "web:1", R"(,"volumeMounts":[{"name":"d","mountPath":"/data"}])"),
      {{R"("containers")",
        R"("volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}}],"containers")"}});
}

TEST_F(VolumesOfTheRuntime, AClaimOutlivesThePodsThatHaveItAndGoesWithTheLastOfThem) {
  const ObjectRef claim{"v1", "PersistentVolumeClaim", "default", "data"};
  const std::string key = LocalKey(claim);
  const std::set<std::string> volumes = {"weft-0123456789ab.default.data"};
  const auto gone = [](const Seen& seen) { return seen.count(kWeb) == 0; };
  Start();
  Apply(DeploymentRef("web"), WithClaim(), 1);
  ASSERT_TRUE(follower_->Until(SomePodSays("persistentvolumeclaim \\\"data\\\" not found")));
  EXPECT_TRUE(ContainerIds().empty());
  EXPECT_TRUE(engine_.volumes().empty());
  ASSERT_EQ(Apply(claim, kClaim, 1).outcome, ApplyResult::Outcome::kAccepted);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  EXPECT_EQ(follower_->seen().at(key).status,
            R"({"accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},"phase":"Bound"})");
  EXPECT_EQ(engine_.VolumesOf(Running("main").at(0).id),
            (std::vector<engine::VolumeMount>{{.volume = *volumes.begin(), .target = "/data"}}));
  EXPECT_EQ(engine_.commands(),
            std::vector<std::string>{Sandboxes().at(0) + " /weft-anchor open /volumes/d"});
  EXPECT_EQ(engine_.volumes(), volumes);

  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  ASSERT_TRUE(follower_->Until(gone));
  EXPECT_EQ(engine_.volumes(), volumes) << "what a claim holds stays without a pod";
  Start();
  Apply(DeploymentRef("web"), WithClaim(), 2);
  ASSERT_TRUE(follower_->Until(Ready(1)));

  // While a pod has it, it is only said to go; no other gets it.
  ASSERT_TRUE(runtime_->Delete({claim}).ok());
  ASSERT_TRUE(follower_->Until([&](const Seen& seen) { return seen.at(key).deleting; }));
  Apply(DeploymentRef("web"), DeploymentText("web", 0, "web:1"), 3);
  ASSERT_TRUE(follower_->Until([&](const Seen& seen) { return seen.count(key) == 0; }));
  EXPECT_TRUE(engine_.volumes().empty());
  Apply(DeploymentRef("web"), WithClaim(), 4);
  EXPECT_TRUE(follower_->Until(SomePodSays("persistentvolumeclaim \\\"data\\\" not found")));
}

TEST_F(VolumesOfTheRuntime, AClaimThatCannotBeKeptIsRefused) {
  Start();
  const auto codes = [&](const std::string& from, const std::string& to) {
    const ObjectRef claim{"v1", "PersistentVolumeClaim", "default", "data"};
    std::vector<std::string> found;
    for (const Problem& problem :
         Apply(claim, absl::StrReplaceAll(kClaim, {{from, to}}), 1).problems)
      found.push_back(absl::StrCat(problem.code, " ", problem.pointer));
    return found;
  };
  EXPECT_EQ(codes("ReadWriteOnce", "ReadWriteOncePod"),
            std::vector<std::string>{"UNSUPPORTED_VALUE /spec/accessModes/0"});
  EXPECT_EQ(codes(R"("ReadWriteOnce")", ""),
            std::vector<std::string>{"INVALID_VALUE /spec/accessModes"});
  EXPECT_EQ(codes("1Gi", "much"),
            std::vector<std::string>{"INVALID_VALUE /spec/resources/requests/storage"});
  EXPECT_EQ(codes(R"("storageClassName":"ssd")", R"("volumeMode":"Block")"),
            std::vector<std::string>{"UNSUPPORTED_VALUE /spec/volumeMode"});
}

TEST_F(VolumesOfTheRuntime, ARuntimeThatStartsAgainAsksWhatIsInVolumes) {
  Start();
  const ObjectRef map{"v1", "ConfigMap", "default", "settings"};
  Apply(map, Settings("one"), 1);
  Apply(DeploymentRef("web"), WithVolumes(), 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::string archive = engine_.unpacked().at(0);
  const size_t hash = archive.find("conf/..") + 7;
  engine_.SetExec(engine::ExecResult{0, absl::StrCat("..", archive.substr(hash, 12), "\n")});
  Start();
  ASSERT_TRUE(follower_->Until(Ready(1)));
  EXPECT_EQ(engine_.commands().size(), 1u);
  EXPECT_EQ(engine_.unpacked().size(), 1u) << "it is there";
  ASSERT_TRUE(runtime_->Delete({map}).ok());
  engine_.Exit(Running("main").at(0).id, 1);
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    return Ready(1)(seen) && SomePodSays(R"("restartCount":1)")(seen);
  })) << "a pod that has its files runs on without the object that they came from";
}

// Of a set whose pods each claim a volume. `more`: of its spec.
std::string ClaimingSet(int replicas, const std::string& more = "") {
  return absl::Substitute(
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","namespace":"default"},
      "spec":{"replicas":$0,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},$1
      "volumeClaimTemplates":[{"metadata":{"name":"data","labels":{"a":"b"}},"spec":{
      "accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}],
      "template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"main",
      "image":"web:1","volumeMounts":[{"name":"data","mountPath":"/data"}]}]}}}})",
      replicas, more);
}

class ClaimTemplates : public LocalRuntimeTest {
 protected:
  void ApplySet(int replicas, uint64_t generation, const std::string& more = "") {
    EXPECT_EQ(Apply(kDb, ClaimingSet(replicas, more), generation).outcome,
              ApplyResult::Outcome::kAccepted);
  }
  bool Has(int replicas) {
    return follower_->Until([&](const Seen& seen) {
      return Number(seen, "StatefulSet/default/db", "readyReplicas") == replicas &&
             Number(seen, "StatefulSet/default/db", "replicas") == replicas &&
             seen.at("StatefulSet/default/db").up_to_date;
    });
  }
  void DeleteSet() {
    ASSERT_TRUE(runtime_->Delete({kDb}).ok());
    ASSERT_TRUE(follower_->Until(
        [](const Seen& seen) { return seen.count("StatefulSet/default/db") == 0; }));
  }
  static std::string VolumeOf(int index) {
    return ClaimVolumeName(kInstallation, "default", absl::StrCat("data-db-", index));
  }
  static std::string Claim(int index) {
    return absl::StrCat("PersistentVolumeClaim/default/data-db-", index);
  }
  const ObjectRef kDb = {"apps/v1", "StatefulSet", "default", "db"};
};

TEST_F(ClaimTemplates, EachPodHasAVolumeThatStaysWhenItGoes) {
  Start();
  ApplySet(2, 1);
  ASSERT_TRUE(Has(2));
  EXPECT_EQ(engine_.volumes(), (std::set<std::string>{VolumeOf(0), VolumeOf(1)}));
  EXPECT_EQ(engine_.VolumesOf(Running("main").at(0).id).at(0).target, "/data");
  EXPECT_EQ(follower_->seen().count(Claim(0)), 0u) << "as long as the set keeps it";
  EXPECT_EQ(json::GetString(*json::Parse(runtime_->objects().Find(Claim(0))->json),
                            {"metadata", "labels", "a"}),
            "b");
  ApplySet(1, 2);
  ASSERT_TRUE(Has(1));
  EXPECT_EQ(engine_.volumes().size(), 2u);
  // Nobody else takes its place.
  EXPECT_EQ(runtime_->objects()
                .Accept({{.ref = {"v1", "PersistentVolumeClaim", "default", "data-db-1"},
                          .generation = 9}})[0]
                .message,
            "PersistentVolumeClaim/default/data-db-1 belongs to StatefulSet/default/db");
}

TEST_F(ClaimTemplates, WhatASetLeavesIsToldUntilItComesBack) {
  Start();
  ApplySet(1, 1);
  ASSERT_TRUE(Has(1));
  DeleteSet();
  const auto told = [](const Seen& seen) {
    const auto found = seen.find(Claim(0));
    return found != seen.end() && found->second.up_to_date && found->second.owner == "owner";
  };
  ASSERT_TRUE(follower_->Until(told));
  Start();
  ASSERT_TRUE(follower_->Until(told));
  ApplySet(1, 2);
  ASSERT_TRUE(Has(1));
  EXPECT_TRUE(follower_->Until([](const Seen& seen) { return seen.count(Claim(0)) == 0; }));
  EXPECT_EQ(engine_.volumes(), (std::set<std::string>{VolumeOf(0)}));
  // And is removed by whoever finds it.
  DeleteSet();
  ASSERT_TRUE(follower_->Until(told));
  ASSERT_TRUE(runtime_->Delete({{"v1", "PersistentVolumeClaim", "default", "data-db-0"}}).ok());
  EXPECT_TRUE(follower_->Until([](const Seen& seen) { return seen.empty(); }));
  EXPECT_TRUE(engine_.volumes().empty());
}

TEST_F(ClaimTemplates, GoWithTheSetOrThePodsWhereItSaysSo) {
  const std::string policy =
      R"("persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete","whenScaled":"Delete"},)";
  Start();
  ApplySet(2, 1, policy);
  ASSERT_TRUE(Has(2));
  ApplySet(1, 2, policy);
  ASSERT_TRUE(Has(1));
  EXPECT_TRUE(Soon([&] { return engine_.volumes() == std::set<std::string>{VolumeOf(0)}; }));
  DeleteSet();
  EXPECT_TRUE(follower_->Until([](const Seen& seen) { return seen.empty(); }));
  EXPECT_TRUE(Soon([&] { return runtime_->objects().All().empty(); }));
  EXPECT_TRUE(engine_.volumes().empty());
}

TEST_F(ClaimTemplates, WhatAFormerTemplateClaimedStays) {
  const std::string policy = R"("persistentVolumeClaimRetentionPolicy":{"whenScaled":"Delete"},)";
  Start();
  ApplySet(1, 1, policy);
  ASSERT_TRUE(Has(1));
  const std::string renamed =
      absl::StrReplaceAll(ClaimingSet(1, policy), {{R"("name":"data")", R"("name":"store")"}});
  EXPECT_EQ(Apply(kDb, renamed, 2).outcome, ApplyResult::Outcome::kAccepted);
  ASSERT_TRUE(Has(1));
  EXPECT_TRUE(Soon([&] { return engine_.volumes().size() == 2; }));
  EXPECT_TRUE(engine_.volumes().contains(VolumeOf(0)));
}

}  // namespace
}  // namespace weft::local
