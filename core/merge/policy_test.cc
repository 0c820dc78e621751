#include "core/merge/policy.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "core/merge/cluster_scoped.h"
#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using config::Allowance;
using config::AllowanceName;
using config::kAllowances;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kMaker[] = "d/app/web";
constexpr char kTrait[] = "d/app/web/t#1";

// "SETTING OWNER POINTER FOUND" of every breach.
std::vector<std::string> Brief(const std::vector<Breach>& breaches) {
  std::vector<std::string> brief;
  for (const Breach& breach : breaches) {
    EXPECT_EQ(breach.code, "POLICY_REFUSED");
    brief.push_back(absl::StrCat(breach.setting.empty() ? "-" : breach.setting, " ", breach.owner,
                                 breach.pointer.empty() ? "" : " ", breach.pointer,
                                 breach.found.empty() ? "" : " ", breach.found));
  }
  return brief;
}

// The only object that comes of `text` by the workload's provider and `more` by a trait.
MergedObject Make(const ObjectRef& ref, const std::string& text, const std::string& more = "{}") {
  const std::vector<catalog::Write> all = {
      {ref.api_version, ref.kind, "", catalog::WriteMode::kCreate},
      {ref.api_version, ref.kind, "", catalog::WriteMode::kOverride}};
  Merged merged = MergeWeb(
      {{{kMaker, {{ref, "", Json(text)}}, all}}, {{kTrait, {{ref, "", Json(more)}}, all}}});
  EXPECT_THAT(ProblemsOf(merged), IsEmpty());
  return merged.objects.size() == 1 ? std::move(merged.objects[0]) : MergedObject();
}

std::vector<std::string> Judged(const MergedObject& object, const config::Policy& allowed = {}) {
  return Brief(Judge({"d", allowed, "weft-system"}, kMaker, object));
}

config::Policy AllBut(std::optional<Allowance> one) {
  config::Policy policy;
  for (const AllowanceName& known : kAllowances) policy.insert(known.allowance);
  if (one.has_value()) policy.erase(*one);
  return policy;
}

const ObjectRef kPod = {"v1", "Pod", "", "web"};

struct Case {
  Allowance rule;
  const char* spec;      // Of a pod; a trait's.
  const char* expected;  // Behind the setting and the owner: the pointer into the spec, and what.
};

const Case kPodCases[] = {
    {Allowance::kHostNetwork, R"({"hostNetwork":true})", "/hostNetwork true"},
    {Allowance::kHostNetwork, R"({"hostNetwork":"true"})", "/hostNetwork \"true\""},
    {Allowance::kHostPid, R"({"hostPID":true})", "/hostPID true"},
    {Allowance::kHostIpc, R"({"hostIPC":true})", "/hostIPC true"},
    {Allowance::kServiceAccountName, R"({"serviceAccountName":"admin"})",
     R"(/serviceAccountName "admin")"},
    {Allowance::kServiceAccountName, R"({"serviceAccount":"admin"})", R"(/serviceAccount "admin")"},
    {Allowance::kHostPath, R"({"volumes":[{"name":"v","hostPath":{"path":"/etc"}}]})",
     R"(/volumes[name=v]/hostPath {"path":"/etc"})"},
    {Allowance::kHostPath, R"({"volumes":[{"name":"v","hostPath":{}}]})",
     "/volumes[name=v]/hostPath {}"},
    {Allowance::kPrivileged,
     R"({"containers":[{"name":"c","securityContext":{"privileged":true}}]})",
     "/containers[name=c]/securityContext/privileged true"},
    {Allowance::kPrivileged,
     R"({"initContainers":[{"name":"i","securityContext":{"privileged":true}}]})",
     "/initContainers[name=i]/securityContext/privileged true"},
    {Allowance::kPrivileged,
     R"({"ephemeralContainers":[{"name":"e","securityContext":{"privileged":true}}]})",
     "/ephemeralContainers[name=e]/securityContext/privileged true"},
    {Allowance::kPrivileged, R"({"securityContext":{"windowsOptions":{"hostProcess":true}}})",
     "/securityContext/windowsOptions/hostProcess true"},
    {Allowance::kPrivileged,
     R"({"initContainers":[{"name":"i","securityContext":{"windowsOptions":{"hostProcess":true}}}]})",
     "/initContainers[name=i]/securityContext/windowsOptions/hostProcess true"},
    {Allowance::kCapabilities,
     R"({"containers":[{"name":"c","securityContext":{"capabilities":{"add":["NET_ADMIN"]}}}]})",
     R"(/containers[name=c]/securityContext/capabilities/add ["NET_ADMIN"])"},
    {Allowance::kCapabilities,
     R"({"initContainers":[{"name":"i","securityContext":{"capabilities":{"add":["ALL"]}}}]})",
     R"(/initContainers[name=i]/securityContext/capabilities/add ["ALL"])"},
};

constexpr char kHarmless[] = R"({
  "hostNetwork":false,"hostPID":false,"hostIPC":null,"serviceAccountName":"default","serviceAccount":"",
  "securityContext":{"runAsNonRoot":true},"volumes":[{"name":"v","emptyDir":{}}],
  "containers":[{"name":"c","image":"x","securityContext":{"privileged":false,
                 "capabilities":{"add":[],"drop":["ALL"]}}}],
  "initContainers":[{"name":"i","image":"x"}]})";

constexpr char kPlain[] = R"({"containers":[{"name":"c","image":"x"}]})";

// Where the kinds have a pod's spec. Of a kind that nobody here knows too.
const std::pair<ObjectRef, const char*> kKinds[] = {
    {kPod, "/spec"},
    {{"apps/v1", "Deployment", "", "web"}, "/spec/template/spec"},
    {{"apps/v1", "StatefulSet", "", "web"}, "/spec/template/spec"},
    {{"apps/v1", "DaemonSet", "", "web"}, "/spec/template/spec"},
    {{"apps/v1", "ReplicaSet", "", "web"}, "/spec/template/spec"},
    {{"batch/v1", "Job", "", "web"}, "/spec/template/spec"},
    {{"batch/v1", "CronJob", "", "web"}, "/spec/jobTemplate/spec/template/spec"},
};

// `spec` at `pointer`, plain names only, of an object.
std::string At(const std::string& pointer, const std::string& spec) {
  const size_t slash = pointer.rfind('/');
  if (slash == std::string::npos) return spec;
  return At(pointer.substr(0, slash),
            absl::StrCat("{\"", pointer.substr(slash + 1), "\":", spec, "}"));
}

TEST(Policy, RefusesEveryRuleInEveryKindUnlessAllowedAndNamesWhoWroteIt) {
  for (const auto& [ref, place] : kKinds) {
    for (const Case& c : kPodCases) {
      SCOPED_TRACE(absl::StrCat(ref.kind, " ", c.spec));
      const MergedObject object = Make(ref, At(place, kPlain), At(place, c.spec));
      const std::string breach =
          absl::StrCat(std::string(NameOf(c.rule)), " ", kTrait, " ", place, c.expected);
      EXPECT_THAT(Judged(object), ElementsAre(breach));
      EXPECT_THAT(Judged(object, AllBut(c.rule)), ElementsAre(breach));
      EXPECT_THAT(Judged(object, {c.rule}), IsEmpty());
    }
    EXPECT_THAT(Judged(Make(ref, At(place, kHarmless))), IsEmpty()) << ref.kind;
  }
}

TEST(Policy, RefusesKindsAndPlacesUnlessAllowed) {
  const struct {
    ObjectRef ref;
    std::vector<Allowance> rules;
  } cases[] = {
      {{"v1", "PersistentVolume", "", "x"}, {Allowance::kClusterScoped}},
      {{"storage.k8s.io/v1beta1", "StorageClass", "d", "x"}, {Allowance::kClusterScoped}},
      {{"v1", "ConfigMap", "other", "x"}, {Allowance::kOtherNamespaces}},
      {{"rbac.authorization.k8s.io/v1", "Role", "", "x"}, {Allowance::kRbac}},
      {{"rbac.authorization.k8s.io/v1", "RoleBinding", "other", "x"},
       {Allowance::kOtherNamespaces, Allowance::kRbac}},
      {{"rbac.authorization.k8s.io/v1", "ClusterRole", "", "x"},
       {Allowance::kClusterScoped, Allowance::kRbac}},
      {{"admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "", "x"},
       {Allowance::kClusterScoped, Allowance::kWebhooks}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.ref.kind);
    const MergedObject object = Make(c.ref, R"({"a":1})", R"({"b":1})");
    std::vector<std::string> breaches;
    for (const Allowance rule : c.rules)
      breaches.push_back(absl::StrCat(std::string(NameOf(rule)), " ", kMaker));
    EXPECT_EQ(Judged(object), breaches);
    for (size_t i = 0; i < c.rules.size(); ++i)
      EXPECT_THAT(Judged(object, AllBut(c.rules[i])), ElementsAre(breaches[i]));
    EXPECT_THAT(Judged(object, {c.rules.begin(), c.rules.end()}), IsEmpty());
  }
  EXPECT_THAT(Judged(Make({"v1", "ConfigMap", "d", "x"}, R"({"data":{}})")), IsEmpty());
}

TEST(Policy, NothingAllowsWhatIsTheInstallationsOwn) {
  const MergedObject object = Make({"v1", "ConfigMap", "weft-system", "x"}, R"({"a":1})");
  EXPECT_THAT(Judged(object, AllBut(std::nullopt)), ElementsAre("- d/app/web"));
  EXPECT_THAT(Judge({"weft-system", {}, "weft-system"}, kMaker, object), IsEmpty());
}

TEST(Policy, SaysWhatIsRefusedOfWhichObjectAndWhoWroteIt) {
  const std::vector<Breach> breaches =
      Judge({"d", {}, "weft-system"}, kMaker,
            Make(kPod, At("/spec", kPlain), R"({"spec":{"hostNetwork":true}})"));
  ASSERT_EQ(breaches.size(), 1u);
  EXPECT_EQ(
      breaches[0].message,
      "Pod/web /spec/hostNetwork: d/app/web/t#1 puts a pod into its node's network, which the "
      "namespace d does not allow");
}

TEST(Policy, SaysAllOfAnObjectAtOnce) {
  const MergedObject object = Make(
      {"v1", "Pod", "other", "web"},
      R"({"spec":{"hostPID":true,"containers":[{"name":"c","securityContext":{"privileged":true}}]}})",
      R"({"spec":{"hostNetwork":true,"containers":[{"name":"c","securityContext":
               {"capabilities":{"add":["ALL"]}}}]}})");
  EXPECT_THAT(
      Judged(object),
      ElementsAre("otherNamespaces d/app/web", "hostNetwork d/app/web/t#1 /spec/hostNetwork true",
                  "hostPID d/app/web /spec/hostPID true",
                  "privileged d/app/web "
                  "/spec/containers[name=c]/securityContext/privileged true",
                  "capabilities d/app/web/t#1 "
                  "/spec/containers[name=c]/securityContext/capabilities/add [\"ALL\"]"));
}

TEST(Policy, TheOwnerOfAWholeObjectIsWhoMadeIt) {
  const ObjectRef role = {"rbac.authorization.k8s.io/v1", "Role", "", "x"};
  const std::vector<catalog::Write> create = {
      {role.api_version, role.kind, "", catalog::WriteMode::kCreate}};
  Merged merged =
      MergeWeb({{Base("{}")}, {{kTrait, {{role, "", Json(R"({"rules":[]})")}}, create}}});
  ASSERT_EQ(merged.objects.size(), 2u);
  MergedObject& object = merged.objects[1];
  Stamp(Web(), {{"a", "b"}}, {}, object);
  EXPECT_THAT(Judged(object), ElementsAre(absl::StrCat("rbac ", kTrait)));
}

// Its lists are leaves: the place is the leaf's, and each is said once.
TEST(Policy, LooksForPodsInKindsThatNobodyKnows) {
  const ObjectRef farm = {"example.org/v1", "Farm", "", "web"};
  const char pods[] = R"([
    {"template":{"spec":{"hostNetwork":true,"containers":[{"name":"a","securityContext":{"privileged":true}},
                                                          {"name":"b","securityContext":{"privileged":true}}]}}},
    {"template":{"spec":{"hostNetwork":true,"containers":[{"name":"a"}]}}}])";
  const std::vector<Breach> breaches =
      Judge({"d", {}, ""}, kMaker, Make(farm, At("/spec/pods", pods)));
  ASSERT_EQ(breaches.size(), 2u);
  EXPECT_EQ(breaches[0].setting, "hostNetwork");
  EXPECT_EQ(breaches[1].setting, "privileged");
  for (const Breach& breach : breaches) {
    EXPECT_EQ(breach.pointer, "/spec/pods");
    EXPECT_EQ(breach.owner, kMaker);
  }
  EXPECT_THAT(Judged(Make(farm, R"({"spec":{"hostNetwork":true,"rows":[{"containers":3}]}})")),
              IsEmpty());
}

TEST(Policy, SaysEachOfManyContainers) {
  constexpr int kContainers = 1000;
  std::string containers;
  for (int i = 0; i < kContainers; ++i) {
    absl::StrAppend(&containers, i == 0 ? "" : ",", "{\"name\":\"c", i,
                    "\",\"securityContext\":{\"privileged\":true}}");
  }
  const MergedObject object =
      Make(kPod, absl::StrCat("{\"spec\":{\"containers\":[", containers, "]}}"));
  const std::vector<Breach> breaches = Judge({"d", {}, ""}, kMaker, object);
  ASSERT_EQ(breaches.size(), static_cast<size_t>(kContainers));
  for (const Breach& breach : breaches) EXPECT_EQ(breach.owner, kMaker);
}

// A sibling whose name goes on stands between a place and what is below it.
TEST(Policy, TheOwnerIsOfThePlaceAndNotOfItsNeighbour) {
  const MergedObject object = Make(
      kPod, R"({"spec":{"volumes":[{"name":"v","hostPath-x":1}],"containers":[{"name":"c"}]}})",
      R"({"spec":{"volumes":[{"name":"v","hostPath":{"path":"/etc"}}]}})");
  EXPECT_THAT(Judged(object),
              ElementsAre(HasSubstr(absl::StrCat("hostPath ", kTrait, " /spec/volumes"))));
}

// What it becomes is not known when it is judged.
TEST(Policy, RefusesToSteerWhatItJudges) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"/spec/template/spec/hostNetwork", {"hostNetwork"}},
      {"/spec/template/spec/volumes[name=v]/hostPath/path", {"hostPath"}},
      {"/spec/template/spec/containers[name=c]/securityContext", {"privileged", "capabilities"}},
      {"/spec/template/spec/containers[name=c]/securityContext/capabilities/add", {"capabilities"}},
      {"/spec/replicas", {}},
      {"/spec/template/spec/containers[name=c]/resources/limits/cpu", {}},
  };
  for (const auto& [pointer, rules] : cases) {
    SCOPED_TRACE(pointer);
    MergedObject object = Make(kDeployment, At("/spec/template/spec", kPlain));
    object.steered = {{pointer, kTrait, Steering::kActions, json::value(1), ""}};
    std::vector<std::string> breaches;
    config::Policy allowed;
    for (const std::string& rule : rules) {
      breaches.push_back(absl::StrCat(rule, " ", kTrait, " ", pointer, " 1"));
      for (const AllowanceName& known : kAllowances)
        if (known.name == rule) allowed.insert(known.allowance);
    }
    EXPECT_THAT(Judged(object), testing::UnorderedElementsAreArray(breaches));
    EXPECT_THAT(Judged(object, allowed), IsEmpty());
  }
}

TEST(ClusterScoped, IsKnownOfKubernetesKindsByGroupWhateverTheVersion) {
  EXPECT_TRUE(IsClusterScoped("v1", "Namespace"));
  EXPECT_TRUE(IsClusterScoped("rbac.authorization.k8s.io/v1beta1", "ClusterRole"));
  EXPECT_FALSE(IsClusterScoped("rbac.authorization.k8s.io/v1", "Role"));
  EXPECT_FALSE(IsClusterScoped("apps/v1", "Namespace"));
  EXPECT_FALSE(IsClusterScoped("example.org/v1", "ClusterRole"));
}

TEST(Policy, EveryAllowanceIsDocumented) {
  std::ifstream file(WEFT_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const AllowanceName& known : kAllowances)
    EXPECT_THAT(text.str(), HasSubstr(absl::StrCat("\n| `", std::string(known.name), "` | ")));
}

}  // namespace
}  // namespace weft::merge
