// DaemonSet, Ingress, HorizontalPodAutoscaler.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

using runtime::v1::APPLY_OUTCOME_REFUSED;

class DaemonSets : public Conformance {
 protected:
  static std::string Agent(const std::string& version) {
    return Pod({"say " + version, "serve 8080"}, kAnswers);
  }
  bool UntilReadyAgent() {
    return Until("its pod is ready", [&] {
      const std::vector<PodSeen> pods = PodsOf("agent", "DaemonSet");
      return Number("DaemonSet", "agent", "numberReady") == 1 &&
             Number("DaemonSet", "agent", "updatedNumberScheduled") == 1 && pods.size() == 1 &&
             pods[0].IsReady();
    });
  }
};

TEST_F(DaemonSets, HasOnePodOnOneMachine) {
  WEFT_NEEDS(kPrograms);
  Accept(DaemonSet("agent", Agent("1")));
  UntilReadyAgent();
  EXPECT_EQ(Number("DaemonSet", "agent", "desiredNumberScheduled"), 1);
  EXPECT_EQ(Number("DaemonSet", "agent", "numberAvailable"), 1);
}

TEST_F(DaemonSets, ANewTemplateReplacesItAndNeverTwoRun) {
  WEFT_NEEDS(kPrograms);
  // It does not heed that it is to end.
  Accept(DaemonSet("agent", Pod({"stay"})));
  UntilReadyAgent();
  const std::string before = IdsOf("agent", "DaemonSet").at(0);
  Accept(DaemonSet("agent", Agent("2")));
  int64_t most = 0;
  Until("the new one is ready", [&] {
    const std::vector<std::string> ids = IdsOf("agent", "DaemonSet");
    // Also one that still ends.
    const std::vector<PodSeen> all = AllPodsOf("agent", "DaemonSet");
    most = std::max<int64_t>(
        most, std::count_if(all.begin(), all.end(), [](const PodSeen& pod) { return pod.Runs(); }));
    return ids.size() == 1 && ids[0] != before && Number("DaemonSet", "agent", "numberReady") == 1;
  });
  EXPECT_EQ(most, 1);
  UntilSaid("agent", {"2"}, "DaemonSet");
}

TEST_F(DaemonSets, DeletingItDeletesItsPod) {
  WEFT_NEEDS(kPrograms);
  const auto agent = DaemonSet("agent", Agent("1"));
  Accept(agent);
  UntilReadyAgent();
  EXPECT_TRUE(Delete(agent).ok());
  Until("all of it is gone", [&] {
    return !Find("DaemonSet", "agent").has_value() && AllPodsOf("agent", "DaemonSet").empty();
  });
}

class Ingresses : public Conformance {
 protected:
  runtime::v1::AppliedObject Site(const std::string& host = "shop.example.org",
                                  const std::string& path = "/",
                                  const std::string& type = "Prefix") {
    return Object(
        "networking.k8s.io/v1", "Ingress", "site",
        absl::Substitute(
            R"("spec":{"rules":[{"host":"$0","http":{"paths":[{"path":"$1",)"
            R"("pathType":"$2","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]})",
            host, path, type));
  }
};

TEST_F(Ingresses, OneIsAcceptedBeforeItsService) {
  const uint64_t generation = Accept(Site());
  Until("it is there", [&] {
    const auto found = Find("Ingress", "site");
    return found.has_value() && found->generation() == generation;
  });
}

TEST_F(Ingresses, AHostMayBeAWildcard) { Accept(Site("*.example.org")); }

TEST_F(Ingresses, AHostThatIsNoneIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Site("Shop!")).outcome(), APPLY_OUTCOME_REFUSED);
}

TEST_F(Ingresses, APathThatIsNotAbsoluteIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Site("shop.example.org", "cart")).outcome(), APPLY_OUTCOME_REFUSED);
}

TEST_F(Ingresses, APathTypeThatDoesNotExistIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Site("shop.example.org", "/", "Regex")).outcome(), APPLY_OUTCOME_REFUSED);
}

TEST_F(Ingresses, IsGoneWhenItIsDeleted) {
  Accept(Site());
  Until("it is there", [&] { return Find("Ingress", "site").has_value(); });
  EXPECT_TRUE(Delete(Site()).ok());
  Until("it is gone", [&] { return !Find("Ingress", "site").has_value(); });
}

class Autoscalers : public Conformance {
 protected:
  runtime::v1::AppliedObject Scaler(int least, int most) {
    return Object(
        "autoscaling/v2", "HorizontalPodAutoscaler", "web",
        absl::Substitute(R"("spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment",)"
                         R"("name":"web"},"minReplicas":$0,"maxReplicas":$1,"metrics":[{"type":)"
                         R"("Resource","resource":{"name":"cpu","target":{"type":"Utilization",)"
                         R"("averageUtilization":80}}}]})",
                         least, most));
  }
  runtime::v1::AppliedObject Web(int replicas) {
    return Deployment("web", replicas, Pod({"wait"}, R"(,"resources":{"requests":{"cpu":"10m"}})"));
  }
  // So many are ready, whatever the Deployment's generation says of them.
  bool UntilPods(size_t count) {
    return Until(absl::StrCat(count, " pods"), [&] {
      const std::vector<PodSeen> pods = PodsOf("web");
      return pods.size() == count && std::all_of(pods.begin(), pods.end(),
                                                 [](const PodSeen& pod) { return pod.IsReady(); });
    });
  }
};

TEST_F(Autoscalers, KeepsAtLeastTheMinimum) {
  WEFT_NEEDS(kPrograms);
  Accept(Web(1));
  UntilReady("web", 1);
  Accept(Scaler(2, 4));
  UntilPods(2);
}

TEST_F(Autoscalers, KeepsAtMostTheMaximum) {
  WEFT_NEEDS(kPrograms);
  Accept(Web(3));
  UntilReady("web", 3);
  Accept(Scaler(1, 2));
  UntilPods(2);
}

TEST_F(Autoscalers, AMinimumAboveTheMaximumIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Scaler(3, 2)).outcome(), APPLY_OUTCOME_REFUSED);
}

}  // namespace
}  // namespace weft::conformance
