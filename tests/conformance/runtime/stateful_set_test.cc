#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

using testing::ElementsAre;

class StatefulSets : public Programs {
 protected:
  static std::string Db(const std::string& version = "1") {
    return Pod({"say " + version, "serve 8080"},
               absl::StrCat(R"(,"env":[{"name":"VERSION","value":")", version, R"("}])", kAnswers));
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const PodSeen& pod : PodsOf("db", "StatefulSet")) names.push_back(pod.name);
    return names;
  }
  bool UntilAll(int replicas) {
    return Until(absl::StrCat(replicas, " are ready"), [&] {
      const std::vector<PodSeen> pods = PodsOf("db", "StatefulSet");
      return Number("StatefulSet", "db", "replicas") == replicas &&
             Number("StatefulSet", "db", "readyReplicas") == replicas &&
             Number("StatefulSet", "db", "updatedReplicas") == replicas &&
             static_cast<int>(pods.size()) == replicas &&
             std::all_of(pods.begin(), pods.end(),
                         [](const PodSeen& pod) { return pod.IsReady(); });
    });
  }
  std::string IdOf(const std::string& pod) {
    for (const PodSeen& seen : PodsOf("db", "StatefulSet"))
      if (seen.name == pod) return seen.id();
    return "";
  }
};

TEST_F(StatefulSets, PodsHaveStableNames) {
  Accept(StatefulSet("db", 2, Db()));
  UntilAll(2);
  EXPECT_THAT(Names(), ElementsAre("db-0", "db-1"));
}

TEST_F(StatefulSets, ThePodsHostIsNamedAfterIt) {
  WEFT_NEEDS(kNetwork);
  Accept(StatefulSet(
      "db", 1,
      PodOf({Container({"serve 8080"}), Container({"get 127.0.0.1:8080", "wait"}, "", "helper")})));
  UntilSaid("db", {"db-0"}, "StatefulSet", "helper");
}

TEST_F(StatefulSets, TheNextComesWhenTheOneBeforeIsReady) {
  Accept(StatefulSet("db", 2, Pod({"wait"}, kAnswers)));
  UntilPod(
      "the first runs", "db", [](const PodSeen& pod) { return !pod.id().empty(); }, "StatefulSet");
  AllTheTime(absl::Seconds(2), [&] { return Names() == std::vector<std::string>{"db-0"}; });
}

TEST_F(StatefulSets, InParallelTheNextDoesNotWait) {
  Accept(StatefulSet("db", 2, Pod({"wait"}, kAnswers), R"(,"podManagementPolicy":"Parallel")"));
  Until("both are there", [&] { return Names().size() == 2; });
}

TEST_F(StatefulSets, ShrinksFromTheEnd) {
  Accept(StatefulSet("db", 3, Db()));
  UntilAll(3);
  const std::string first = IdOf("db-0");
  Accept(StatefulSet("db", 1, Db()));
  UntilAll(1);
  EXPECT_THAT(Names(), ElementsAre("db-0"));
  EXPECT_EQ(IdOf("db-0"), first);
}

TEST_F(StatefulSets, ANewTemplateReplacesEachUnderItsName) {
  Accept(StatefulSet("db", 2, Db("1")));
  UntilAll(2);
  const std::set<std::string> before = {IdOf("db-0"), IdOf("db-1")};
  Accept(StatefulSet("db", 2, Db("2")));
  // Its status may be told before its pods are.
  Until("both are others",
        [&] { return !before.contains(IdOf("db-0")) && !before.contains(IdOf("db-1")); });
  UntilAll(2);
  EXPECT_THAT(Names(), ElementsAre("db-0", "db-1"));
}

TEST_F(StatefulSets, AnUpdateGoesFromTheEnd) {
  Accept(StatefulSet("db", 2, Db("1")));
  UntilAll(2);
  const std::string first = IdOf("db-0");
  Accept(StatefulSet("db", 2, Pod({"wait"}, kAnswers)));  // Never ready.
  Until("the last is replaced", [&] {
    const std::vector<PodSeen> pods = PodsOf("db", "StatefulSet");
    return pods.size() == 2 && !pods[1].id().empty() && !pods[1].IsReady();
  });
  AllTheTime(absl::Seconds(2), [&] { return IdOf("db-0") == first; });
}

TEST_F(StatefulSets, WhatCrashesIsRestartedUnderItsName) {
  Accept(StatefulSet("db", 1, Pod({"exit 3"})));
  const PodSeen pod = UntilPod(
      "it was restarted", "db", [](const PodSeen& seen) { return seen.Restarts() >= 1; },
      "StatefulSet");
  EXPECT_EQ(pod.name, "db-0");
}

TEST_F(StatefulSets, ANewGenerationOfTheSameRestartsNothing) {
  Accept(StatefulSet("db", 1, Db()));
  UntilAll(1);
  const std::string before = IdOf("db-0");
  Accept(StatefulSet("db", 1, Db()));
  UntilAll(1);
  EXPECT_EQ(IdOf("db-0"), before);
}

TEST_F(StatefulSets, DeletingItDeletesItsPods) {
  const auto db = StatefulSet("db", 2, Db());
  Accept(db);
  UntilAll(2);
  EXPECT_TRUE(Delete(db).ok());
  Until("all of it is gone", [&] {
    return !Find("StatefulSet", "db").has_value() && AllPodsOf("db", "StatefulSet").empty();
  });
}

TEST_F(StatefulSets, EachPodHasAVolumeOfItsOwnThatOutlivesIt) {
  WEFT_NEEDS(kFiles);
  const std::string pod = Pod({"show /v/name", "write /v/name kept", "wait"},
                              R"(,"volumeMounts":[{"name":"v","mountPath":"/v"}])");
  const std::string claims =
      R"(,"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete"},"volumeClaimTemplates":)"
      R"([{"metadata":{"name":"v"},"spec":{"accessModes":["ReadWriteOnce"],)"
      R"("resources":{"requests":{"storage":"1Mi"}}}}])";
  const auto said = [&](const std::string& name) { return Logs(name).value_or(""); };
  Accept(StatefulSet("db", 2, pod, claims));
  UntilAll(2);
  Until("both have looked",
        [&] { return said("db-0") == "no /v/name\n" && said("db-1") == "no /v/name\n"; });
  Accept(StatefulSet("db", 0, pod, claims));
  Until("they are gone", [&] { return AllPodsOf("db", "StatefulSet").empty(); });
  Accept(StatefulSet("db", 1, pod, claims));
  UntilSaid("db", {"kept"}, "StatefulSet");
}

}  // namespace
}  // namespace weft::conformance
