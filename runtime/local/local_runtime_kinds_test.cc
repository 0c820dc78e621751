#include "absl/strings/substitute.h"
#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

using KindsOfTheRuntime = LocalRuntimeTest;

const ObjectRef kDb = {"apps/v1", "StatefulSet", "default", "db"};
const ObjectRef kPi = {"batch/v1", "Job", "default", "pi"};

std::string StatefulSetText(int replicas, const std::string& image, const std::string& more = "") {
  return absl::Substitute(
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","namespace":"default"},
      "spec":{"replicas":$0,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},"template":{
      "metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"main","image":"$1"$2}]}}}})",
      replicas, image, more);
}

std::string JobText(const std::string& more = "") {
  return absl::Substitute(
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"pi","namespace":"default"},
      "spec":{"backoffLimit":1$0,"template":{"spec":{"restartPolicy":"Never",
      "containers":[{"name":"main","image":"web:1"}]}}}})",
      more);
}

std::function<bool(const Seen&)> Says(const std::string& key, const std::string& text) {
  return [=](const Seen& seen) {
    const auto found = seen.find(key);
    return found != seen.end() && found->second.up_to_date &&
           absl::StrContains(found->second.status, text);
  };
}

TEST_F(KindsOfTheRuntime, AStatefulSetsPodsHaveNamesThatStay) {
  Start();
  EXPECT_EQ(Apply(kDb, StatefulSetText(2, "web:1"), 1).outcome, ApplyResult::Outcome::kAccepted);
  ASSERT_TRUE(follower_->Until(Says("StatefulSet/default/db", R"("readyReplicas":2)")));
  EXPECT_EQ(follower_->seen().count("Pod/default/db-0"), 1u);
  EXPECT_EQ(follower_->seen().count("Pod/default/db-1"), 1u);
  const auto before = Running("main");
  engine_.AddImage("web:2");
  Apply(kDb, StatefulSetText(2, "web:2"), 2);
  ASSERT_TRUE(follower_->Until(
      Says("StatefulSet/default/db", R"("observedGeneration":2,"readyReplicas":2)")));
  for (const engine::Container& container : Running("main")) EXPECT_EQ(container.image, "web:2");
  ASSERT_TRUE(runtime_->Delete({kDb}).ok());
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().empty(); }));
}

// What serves is not known to before it was asked.
TEST_F(KindsOfTheRuntime, ARuntimeThatStartsAgainEndsNoPodThatServes) {
  Start();
  const std::string probe = R"(,"readinessProbe":{"tcpSocket":{"port":80},"periodSeconds":1})";
  Apply(kDb, StatefulSetText(2, "web:1", probe), 1);
  ASSERT_TRUE(follower_->Until(Says("StatefulSet/default/db", R"("readyReplicas":2)")));
  Apply(kDb, StatefulSetText(2, "missing:1", probe), 2);
  ASSERT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
  const std::string serves = Running("main").at(0).id;
  Start();
  ASSERT_TRUE(follower_->Until([](const Seen& seen) {
    return seen.count("StatefulSet/default/db") > 0 &&
           Number(seen, "StatefulSet/default/db", "readyReplicas") == 1;
  }));
  ASSERT_EQ(Running("main").size(), 1u);
  EXPECT_EQ(Running("main").at(0).id, serves);
}

TEST_F(KindsOfTheRuntime, AStatefulSetAndADeploymentOfOneNameAreTwoThings) {
  Start();
  Apply(kDb, StatefulSetText(1, "web:1"), 1);
  Apply(DeploymentRef("db"), DeploymentText("db", 2), 1);
  ASSERT_TRUE(follower_->Until(Says("StatefulSet/default/db", R"("readyReplicas":1)")));
  ASSERT_TRUE(follower_->Until(Says("Deployment/default/db", R"("readyReplicas":2)")));
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("db")}).ok());
  ASSERT_TRUE(
      follower_->Until([](const Seen& seen) { return seen.count("Deployment/default/db") == 0; }));
  EXPECT_EQ(Running("main").size(), 1u);
}

TEST_F(KindsOfTheRuntime, AJobRunsToItsEndOnceWhateverHappensToItsContainers) {
  Start();
  EXPECT_EQ(Apply(kPi, JobText(), 1).outcome, ApplyResult::Outcome::kAccepted);
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("active":1)")));
  engine_.Exit(Running("main").at(0).id, 0);
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("type":"Complete")")));
  EXPECT_TRUE(follower_->Until(SomePodSays(R"("phase":"Succeeded")")));
  // Its network has gone.
  EXPECT_TRUE(Soon([&] { return engine_.InspectContainer(Sandboxes().at(0))->state == "exited"; }));
  // As by `docker container prune`, while nobody looks.
  const int creations = engine_.creations();
  runtime_->Stop();
  for (const std::string& id : ContainerIds()) ASSERT_TRUE(engine_.RemoveContainer(id).ok());
  Start();
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("succeeded":1)")));
  EXPECT_EQ(engine_.creations(), creations);
  ASSERT_TRUE(runtime_->Delete({kPi}).ok());
  ASSERT_TRUE(follower_->Until([](const Seen& seen) { return seen.count("Job/default/pi") == 0; }));
  // The same again is a new one.
  Apply(kPi, JobText(), 1);
  EXPECT_TRUE(follower_->Until(Says("Job/default/pi", R"("active":1)")));
}

TEST_F(KindsOfTheRuntime, AJobThatFailsIsTriedAgainAndGivesUp) {
  Start();
  Apply(kPi, JobText(), 1);
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("active":1)")));
  engine_.Exit(Running("main").at(0).id, 3);
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("failed":1)")));
  EXPECT_TRUE(Running("main").empty()) << "not at once";
  SetAhead(absl::Seconds(11));
  Start();  // Nothing tells of a clock.
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("active":1)")));
  engine_.Exit(Running("main").at(0).id, 3);
  EXPECT_TRUE(follower_->Until(Says("Job/default/pi", "BackoffLimitExceeded")));
}

TEST_F(KindsOfTheRuntime, AJobWhoseCommandCannotBeStartedGivesUp) {
  Start();
  engine_.SetStartError(absl::InvalidArgumentError("no such file"), ".main.");
  Apply(kPi, JobText(), 1);
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("failed":1)")));
  EXPECT_TRUE(follower_->Until(SomePodSays(R"("reason":"StartError")")));
  EXPECT_TRUE(SomePodSays("no such file")(follower_->seen()));
  const int creations = engine_.creations();
  SetAhead(absl::Seconds(5));
  Start();
  ASSERT_TRUE(follower_->Until(Says("Job/default/pi", R"("failed":1)")));
  EXPECT_EQ(engine_.creations(), creations) << "not at once";
  SetAhead(absl::Seconds(11));
  Start();
  EXPECT_TRUE(follower_->Until(Says("Job/default/pi", "BackoffLimitExceeded")));
}

TEST_F(KindsOfTheRuntime, ContainersOfTheStartRunAgainInANewNetwork) {
  Start();
  ApplyWeb(1, 1, R"(}],"initContainers":[{"name":"first","image":"web:1")");
  ASSERT_TRUE(Soon([&] { return Running("first").size() == 1; }));
  engine_.Exit(Running("first").at(0).id, 0);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  EXPECT_TRUE(runtime_
                  ->RunOf("default",
                          engine_.InspectContainer(Sandboxes().at(0))->labels.at(kPodLabel),
                          "first", false)
                  ->last)
      << "who follows its output waits for nothing more";
  engine_.Exit(Sandboxes().at(0), 137);
  // It does not begin on what was left halfway: the one of the start comes first.
  ASSERT_TRUE(Soon([&] { return Running("first").size() == 1; }));
  EXPECT_TRUE(Running("main").empty());
  engine_.Exit(Running("first").at(0).id, 0);
  EXPECT_TRUE(follower_->Until(Ready(1)));
}

}  // namespace
}  // namespace weft::local
