#include "runtime/local/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<Problem> ProblemsOf(const std::string& more, const Machine& machine = {}) {
  return Admit(DeploymentRef("web"), DeploymentText("web", 1, "web:1", more), machine).problems;
}

TEST(Admission, AcceptsADeploymentAndReadsIt) {
  const Admitted admitted = Admit(
      DeploymentRef("web"),
      DeploymentText("web", 3, "web:1",
                     R"j(,"env":[{"name":"A","value":"1"},{"name":"B","value":"$(A)-$$(A)-$(C)"}],
                     "command":["run","$(B)"],"resources":{"requests":{"cpu":"0.1","memory":"64Mi"}})j"),
      {});
  ASSERT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  const auto& spec = std::get<DeploymentSpec>(admitted.spec);
  EXPECT_EQ(spec.replicas, 3);
  EXPECT_EQ(spec.pod.containers[0].environment[1].value, "$(A)-$$(A)-$(C)");
  EXPECT_EQ(spec.pod.containers[0].command[1], "$(B)");
  EXPECT_EQ(spec.pod.containers[0].cpu_milli, 100);
  EXPECT_EQ(spec.pod.containers[0].memory_bytes, 64 << 20);
  EXPECT_EQ(spec.pod.containers[0].pull, PullPolicy::kIfNotPresent);
}

TEST(Admission, TheTemplateAloneDecidesItsHash) {
  const auto hash = [](int replicas, const std::string& more) {
    return std::get<DeploymentSpec>(
               Admit(DeploymentRef("web"), DeploymentText("web", replicas, "web:1", more), {}).spec)
        .pod.hash;
  };
  EXPECT_EQ(hash(1, ""), hash(5, ""));
  EXPECT_NE(hash(1, ""), hash(1, R"(,"args":["x"])"));
}

TEST(Admission, SaysEverythingThatIsWrongAtItsPlace) {
  const auto problems =
      ProblemsOf(R"(,"tty":true,"command":"run","ports":[{"containerPort":"80"}])");
  ASSERT_EQ(problems.size(), 3u);
  const std::string container = "/spec/template/spec/containers/0";
  std::map<std::string, std::string> found;
  for (const Problem& problem : problems) found[problem.pointer] = problem.code;
  EXPECT_EQ(found[container + "/tty"], "UNSUPPORTED_FIELD");
  EXPECT_EQ(found[container + "/command"], "WRONG_TYPE");
  EXPECT_EQ(found[container + "/ports/0/containerPort"], "WRONG_TYPE");
}

TEST(Admission, ReadsAllContainersOfAPod) {
  const auto admitted = Admit(DeploymentRef("web"),
                              DeploymentText("web", 1, "web:1",
                                             R"(},{"name":"helper","image":"helper:2","args":["x"],
                     "readinessProbe":{"httpGet":{"port":80}}}],
                     "initContainers":[{"name":"first","image":"init:3")"),
                              {});
  ASSERT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  const PodTemplate& pod = std::get<DeploymentSpec>(admitted.spec).pod;
  ASSERT_EQ(pod.containers.size(), 2u);
  EXPECT_EQ(pod.containers[0].image, "web:1");
  EXPECT_EQ(pod.containers[1].image, "helper:2");
  EXPECT_EQ(pod.containers[1].args, std::vector<std::string>{"x"});
  EXPECT_TRUE(pod.containers[1].probes.readiness.has_value());
  ASSERT_EQ(pod.init_containers.size(), 1u);
  EXPECT_EQ(pod.init_containers[0].image, "init:3");
}

TEST(Admission, ReadsHowADeploymentRollsOut) {
  const auto read = [](const std::string& strategy, int replicas) {
    return Admit(DeploymentRef("web"),
                 absl::StrReplaceAll(DeploymentText("web", replicas, "web:1"),
                                     {{R"("selector")", strategy + R"("selector")"}}),
                 {});
  };
  const auto counts = [&](const std::string& strategy, int replicas) {
    const Admitted admitted = read(strategy, replicas);
    EXPECT_TRUE(admitted.problems.empty());
    const auto& spec = std::get<DeploymentSpec>(admitted.spec);
    return std::pair(spec.max_surge, spec.max_unavailable);
  };
  EXPECT_EQ(counts("", 1), std::pair(1, 0));
  EXPECT_EQ(counts("", 10), std::pair(3, 2));
  const auto rolling = [](const std::string& surge, const std::string& unavailable) {
    return R"("strategy":{"rollingUpdate":{"maxSurge":)" + surge + R"(,"maxUnavailable":)" +
           unavailable + "}},";
  };
  EXPECT_EQ(counts(rolling("2", "\"50%\""), 5), std::pair(2, 2));
  EXPECT_EQ(counts(rolling("0", "\"10%\""), 5), std::pair(0, 1)) << "or nothing would ever happen";
  EXPECT_EQ(read(rolling("0", "\"0%\""), 5).problems.size(), 1u);
  EXPECT_EQ(read(rolling("2147483647", "\"2147484%\""), 1000).problems.size(), 2u);
  EXPECT_EQ(read(rolling("\"2\"", "-1"), 5).problems.size(), 2u);
  EXPECT_TRUE(
      std::get<DeploymentSpec>(read(R"("strategy":{"type":"Recreate"},)", 1).spec).recreate);
  EXPECT_EQ(
      read(R"("strategy":{"type":"Recreate","rollingUpdate":{"maxSurge":1}},)", 1).problems.size(),
      1u);
}

TEST(Admission, AJobSaysWhetherItRunsAgain) {
  const auto job = [](const std::string& spec, const std::string& pod) {
    return Admit({"batch/v1", "Job", "default", "pi"},
                 absl::StrCat(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"pi",
                 "namespace":"default"},"spec":{)",
                              spec, R"("template":{"spec":{)", pod,
                              R"("containers":[{"name":"main","image":"web:1"}]}}}})"),
                 {});
  };
  const Admitted admitted =
      job(R"("completions":3,"activeDeadlineSeconds":60,)", R"("restartPolicy":"OnFailure",)");
  ASSERT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  const auto& spec = std::get<JobSpec>(admitted.spec);
  EXPECT_EQ(spec.completions, 3);
  EXPECT_EQ(spec.parallelism, 1);
  EXPECT_EQ(spec.active_deadline, absl::Minutes(1));
  EXPECT_EQ(spec.ttl, absl::InfiniteDuration());
  EXPECT_EQ(spec.pod.restart, RestartPolicy::kOnFailure);
  for (const char* pod : {"", R"("restartPolicy":"Always",)"}) {
    const Admitted refused = job("", pod);
    ASSERT_EQ(refused.problems.size(), 1u) << pod;
    EXPECT_EQ(refused.problems[0].pointer, "/spec/template/spec/restartPolicy");
  }
}

Admitted CronJob(const std::string& spec, const std::string& pod = "", const char* name = "tick") {
  return Admit({"batch/v1", "CronJob", "default", name},
               absl::StrCat(R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":")",
                            name, R"(","namespace":"default"},"spec":{)", spec,
                            R"("jobTemplate":{"metadata":{"labels":{"a":"b"}},"spec":{"template":
                            {"spec":{)",
                            pod, R"("containers":[{"name":"main","image":"web:1"}]}}}}}})"),
               {});
}
constexpr char kNever[] = R"("restartPolicy":"Never",)";

TEST(Admission, ReadsACronJob) {
  const Admitted admitted = CronJob(
      R"("schedule":"30 8 * * mon","timeZone":"Europe/Berlin","concurrencyPolicy":"Forbid",
      "startingDeadlineSeconds":60,"failedJobsHistoryLimit":0,)",
      kNever);
  ASSERT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  const auto& spec = std::get<CronJobSpec>(admitted.spec);
  EXPECT_EQ(spec.zone.name(), "Europe/Berlin");
  EXPECT_EQ(spec.concurrency, CronJobSpec::Concurrency::kForbid);
  EXPECT_EQ(spec.starting_deadline, absl::Minutes(1));
  EXPECT_EQ(spec.successful_history, 3);
  EXPECT_EQ(spec.failed_history, 0);
  EXPECT_EQ(json::GetString(*json::Parse(spec.job), {"metadata", "labels", "a"}), "b");
}

TEST(Admission, SaysAtItsPlaceWhatIsWrongWithACronJobAndItsJobs) {
  const auto pointers = [](const Admitted& admitted) {
    std::vector<std::string> all;
    for (const Problem& problem : admitted.problems) {
      EXPECT_THAT(problem.message, Not(HasSubstr(" /spec/template"))) << problem.message;
      all.push_back(problem.pointer);
    }
    return all;
  };
  EXPECT_THAT(pointers(CronJob("", kNever)), ElementsAre("/spec/schedule"));
  EXPECT_THAT(pointers(CronJob(
                  R"("schedule":"0 0 8 * * *","timeZone":"Nowhere","concurrencyPolicy":"Maybe",)")),
              ElementsAre("/spec/schedule", "/spec/timeZone", "/spec/concurrencyPolicy",
                          "/spec/jobTemplate/spec/template/spec/restartPolicy"));
  EXPECT_THAT(pointers(CronJob(R"("schedule":"@daily",)",
                               R"("restartPolicy":"Always","terminationGracePeriodSeconds":-1,)")),
              ElementsAre("/spec/jobTemplate/spec/template/spec/restartPolicy",
                          "/spec/jobTemplate/spec/template/spec/terminationGracePeriodSeconds"));
  EXPECT_THAT(pointers(CronJob(R"("schedule":"@daily",)", R"("hostNetwork":true,)")),
              ElementsAre("/spec/jobTemplate/spec/template/spec/hostNetwork"));
  const std::string long_name(53, 'x');
  EXPECT_THAT(pointers(CronJob(R"("schedule":"@daily",)", kNever, long_name.c_str())),
              ElementsAre("/metadata/name"));
}

TEST(Admission, ReadsTheClaimsThatEachPodOfASetHas) {
  const auto set = [](const std::string& spec, const std::string& volume = "data") {
    return Admit(
        {"apps/v1", "StatefulSet", "default", "db"},
        absl::StrCat(
            R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db",
            "namespace":"default"},"spec":{"selector":{"matchLabels":{"app":"db"}},)",
            spec,
            R"("template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"main",
            "image":"web:1","volumeMounts":[{"name":")",
            volume, R"(","mountPath":"/data"}]}]}}}})"),
        {});
  };
  const auto claim = [](const std::string& name, const std::string& size,
                        const std::string& more = "") {
    return absl::StrCat(R"({"metadata":{"name":")", name,
                        R"("},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{)",
                        R"("storage":")", size, R"("}}})", more, "}");
  };
  const auto templates = [](const std::string& all) {
    return absl::StrCat(R"("volumeClaimTemplates":[)", all, "],");
  };
  const Admitted admitted = set(templates(claim("data", "1Gi")));
  ASSERT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  const auto& spec = std::get<StatefulSetSpec>(admitted.spec);
  ASSERT_EQ(spec.claims.size(), 1u);
  EXPECT_EQ(spec.claims[0].volume, "data");
  EXPECT_FALSE(spec.claims_go_when_deleted || spec.claims_go_when_scaled);
  EXPECT_EQ(set(templates(claim("data", "1Gi")), "other").problems.at(0).pointer,
            "/spec/template/spec/containers/0/volumeMounts/0/name");
  std::vector<std::string> pointers;
  for (const Problem& problem :
       set(absl::StrCat(templates(absl::StrCat(claim("data", "much"), ",", claim("data", "1"), ",",
                                               claim("A", "1", R"(,"kind":"Pod")"))),
                        R"("persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Ask"},)"))
           .problems)
    pointers.push_back(problem.pointer);
  EXPECT_THAT(pointers, ElementsAre("/spec/volumeClaimTemplates/0/spec/resources/requests/storage",
                                    "/spec/volumeClaimTemplates/1/metadata/name",
                                    "/spec/volumeClaimTemplates/2/metadata/name",
                                    "/spec/volumeClaimTemplates/2/kind",
                                    "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted"));
}

// A pod with these volumes and mounts.
Admitted WithVolumes(const std::string& volumes, const std::string& mounts) {
  return Admit(
      DeploymentRef("web"),
      absl::StrReplaceAll(DeploymentText("web", 1, "web:1", R"(,"volumeMounts":)" + mounts),
                          {{R"("containers")", R"("volumes":)" + volumes + R"(,"containers")"}}),
      {});
}

TEST(Admission, ReadsVolumes) {
  const Admitted admitted = WithVolumes(
      R"([{"name":"a","configMap":{"name":"m","defaultMode":256,"items":[{"key":"k","path":"d/p"}]}},
          {"name":"b","secret":{"secretName":"s","optional":true}},
          {"name":"c","emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}},{"name":"d","emptyDir":{}}])",
      R"([{"name":"a","mountPath":"/a/b.conf","subPath":"d/p"},{"name":"d","mountPath":"/d"}])");
  ASSERT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  const PodTemplate& pod = std::get<DeploymentSpec>(admitted.spec).pod;
  ASSERT_EQ(pod.volumes.size(), 4u);
  EXPECT_EQ(pod.volumes[0].kind, "ConfigMap");
  EXPECT_EQ(pod.volumes[0].items, (std::vector<Volume::Item>{{"k", "d/p", 0400}}));
  EXPECT_EQ(pod.volumes[1].object, "s");
  EXPECT_TRUE(pod.volumes[1].optional);
  EXPECT_TRUE(pod.volumes[2].memory);
  EXPECT_EQ(pod.volumes[2].memory_bytes, 1 << 20);
  EXPECT_FALSE(pod.volumes[3].memory);
  ASSERT_EQ(pod.containers[0].mounts.size(), 2u);
  EXPECT_EQ(pod.containers[0].mounts[0].file, "d/p");
  EXPECT_TRUE(pod.containers[0].mounts[0].read_only) << "as all that comes from objects";
  EXPECT_FALSE(pod.containers[0].mounts[1].read_only);
}

TEST(Admission, SaysWhichVolumesCannotBe) {
  const Admitted admitted = WithVolumes(
      R"([{"name":"a"},{"name":"a","emptyDir":{}},{"name":"b","emptyDir":{},"secret":{"secretName":"s"}},
          {"name":"m","configMap":{"items":[{"key":"","path":"../p"}]}},
          {"name":"big","emptyDir":{"medium":"HugePages","sizeLimit":"much"}}])",
      R"([{"name":"none","mountPath":"/a"},{"name":"a","mountPath":"a"},{"name":"a","mountPath":"/a"},
          {"name":"big","mountPath":"/b","subPath":"x"},{"name":"m","mountPath":"/c","subPath":"../x"}])");
  std::set<std::string> pointers;
  for (const Problem& problem : admitted.problems) pointers.insert(problem.pointer);
  const std::string volumes = "/spec/template/spec/volumes/";
  const std::string mounts = "/spec/template/spec/containers/0/volumeMounts/";
  EXPECT_EQ(pointers,
            (std::set<std::string>{
                volumes + "0", volumes + "1/name", volumes + "2", volumes + "3/configMap/name",
                volumes + "3/configMap/items/0/key", volumes + "3/configMap/items/0/path",
                volumes + "4/emptyDir/medium", volumes + "4/emptyDir/sizeLimit", mounts + "0/name",
                mounts + "1/mountPath", mounts + "2/mountPath", mounts + "3/subPath",
                mounts + "4/subPath"}));
}

TEST(Admission, AContainersSecurityGoesBeforeItsPods) {
  const auto security = [](const std::string& more) {
    const Admitted admitted = Admit(
        DeploymentRef("web"),
        absl::StrReplaceAll(DeploymentText("web", 1, "web:1", more),
                            {{R"("containers")",
                              R"("securityContext":{"runAsUser":1,"runAsGroup":2},"containers")"}}),
        {});
    EXPECT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
    return std::get<DeploymentSpec>(admitted.spec).pod.containers[0].security;
  };
  EXPECT_EQ(security("").user, 1);
  EXPECT_EQ(security("").group, 2);
  EXPECT_EQ(security(R"(,"securityContext":{"runAsUser":0})").user, 0);
}

TEST(Admission, SaysWhatIsWrongWithAnyContainerAtItsPlace) {
  const auto problems = ProblemsOf(R"(},{"name":"UPPER","image":"helper:2"}],
      "initContainers":[{"name":"main","image":"a b")");
  std::set<std::string> found;
  for (const Problem& problem : problems) found.insert(problem.pointer);
  const std::string pod = "/spec/template/spec";
  EXPECT_EQ(found, (std::set<std::string>{pod + "/containers/0/name", pod + "/containers/1/name",
                                          pod + "/initContainers/0/image"}));
}

TEST(Admission, RefusesWhatTheMachineDoesNotHave) {
  const Machine machine{"linux", "amd64", 2, int64_t{1} << 30};
  EXPECT_TRUE(
      ProblemsOf(R"(,"resources":{"requests":{"cpu":"2","memory":"1Gi"}})", machine).empty());
  const auto problems =
      ProblemsOf(R"(,"resources":{"requests":{"cpu":"3","memory":"2Gi"}})", machine);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].code, "UNSATISFIABLE");
  std::string text = DeploymentText("web", 1);
  text = absl::StrReplaceAll(
      text, {{R"("containers")", R"("nodeSelector":{"kubernetes.io/os":"windows"},"containers")"}});
  EXPECT_EQ(Admit(DeploymentRef("web"), text, machine).problems.at(0).code, "UNSATISFIABLE");
  EXPECT_TRUE(Admit(DeploymentRef("web"), text, {}).problems.empty());  // Not known yet.
}

TEST(Admission, RefusesWhatTheMachineCannotCarryOutAndSaysWhatToDo) {
  const std::string headless = absl::StrReplaceAll(
      ServiceText("web"), {{R"("selector")", R"("clusterIP":"None","selector")"}});
  Machine machine;
  EXPECT_TRUE(Admit(ServiceRef("web"), headless, machine).problems.empty());
  machine.no_names = "install it";
  const auto problems = Admit(ServiceRef("web"), headless, machine).problems;
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code + problems[0].pointer + problems[0].hint,
            "UNSUPPORTED_VALUE/spec/clusterIPinstall it");
  EXPECT_TRUE(Admit(ServiceRef("web"), ServiceText("web"), machine).problems.empty());
  machine.no_network_rules = "run it as root";
  const auto refused = Admit(ServiceRef("web"), ServiceText("web"), machine).problems;
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].code + refused[0].pointer + refused[0].hint,
            "UNSUPPORTED_KIND/kindrun it as root");
}

TEST(Admission, TellsOnlyWhatTheMachineCarriesOut) {
  const auto told = [](const Machine& machine) {
    std::set<std::string> kinds;
    for (const Kind& kind : KindsOn(machine)) {
      kinds.insert(kind.kind);
      for (const Leaf& leaf : kind.leaves)
        if (leaf.pointer == kClusterIp) kinds.insert(kClusterIp);
    }
    return kinds;
  };
  const std::set<std::string> all = told({});
  EXPECT_EQ(all.size(), Kinds().size() + 1);
  std::set<std::string> expected = all;
  expected.erase(kClusterIp);
  EXPECT_EQ(told({.no_names = "none"}), expected);
  expected = all;
  for (const char* lacking : {"Service", "NetworkPolicy", kClusterIp}) expected.erase(lacking);
  EXPECT_EQ(told({.no_network_rules = "none"}), expected);
}

TEST(Admission, RefusesValuesThatItCannotCarryOut) {
  for (const char* more :
       {R"(,"imagePullPolicy":"Sometimes")", R"(,"readinessProbe":{"periodSeconds":1})",
        R"(,"readinessProbe":{"httpGet":{"port":"nobody"}})",
        R"(,"resources":{"requests":{"cpu":"much"}})", R"(,"env":[{"name":"A=B","value":""}])",
        R"(,"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s"}}}])",
        R"(,"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}])",
        R"(,"envFrom":[{"prefix":"A"}])", R"(,"ports":[{"containerPort":0}])",
        R"(,"livenessProbe":{"httpGet":{"port":1},"exec":{"command":["x"]}})",
        R"(,"livenessProbe":{"tcpSocket":{"port":1},"successThreshold":2})",
        R"(,"startupProbe":{"exec":{"command":[]}})",
        R"(,"resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}})",
        R"(,"resources":{"limits":{"memory":"lots"}})", R"(,"securityContext":{"runAsUser":-1})",
        R"(,"securityContext":{"runAsGroup":5})", R"(,"securityContext":{"privileged":true})",
        R"(,"lifecycle":{"preStop":{"exec":{"command":["x"]},"httpGet":{"port":1}}})"}) {
    EXPECT_EQ(ProblemsOf(more).size(), 1u) << more;
  }
}

TEST(Admission, RefusesOtherKindsAndTextThatIsNoObject) {
  EXPECT_EQ(Admit({"apps/v1", "ReplicaSet", "default", "x"}, "{}", {}).problems.at(0).code,
            "UNSUPPORTED_KIND");
  EXPECT_EQ(Admit(DeploymentRef("web"), "{", {}).problems.at(0).code, "INVALID_JSON");
  EXPECT_FALSE(Admit(DeploymentRef("web"), "{}", {}).problems.empty());
  EXPECT_FALSE(Admit(DeploymentRef("web"), "[]", {}).problems.empty());
  EXPECT_FALSE(Admit(DeploymentRef("other"), DeploymentText("web", 1), {}).problems.empty());
}

TEST(Admission, ASelectorThatMissesItsOwnPodsIsRefused) {
  const std::string text =
      absl::StrReplaceAll(DeploymentText("web", 1),
                          {{R"("matchLabels":{"app":"web"})", R"("matchLabels":{"app":"other"})"}});
  EXPECT_EQ(Admit(DeploymentRef("web"), text, {}).problems.at(0).pointer,
            "/spec/selector/matchLabels/app");
}

TEST(Admission, ReadsAHeadlessService) {
  const auto admit = [](const std::string& spec) {
    return Admit(ServiceRef("web"),
                 absl::Substitute(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web",
                 "namespace":"default"},"spec":{"selector":{"app":"web"}$0}})",
                                  spec),
                 {});
  };
  const Admitted admitted = admit(R"(,"clusterIP":"None","publishNotReadyAddresses":true)");
  ASSERT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  const auto& spec = std::get<ServiceSpec>(admitted.spec);
  EXPECT_TRUE(spec.headless && spec.publishes_not_ready && spec.ports.empty());
  EXPECT_EQ(admit(R"(,"clusterIP":"10.0.0.9","ports":[{"port":80}])").problems.at(0).pointer,
            "/spec/clusterIP");
  EXPECT_EQ(admit(R"(,"clusterIP":"")").problems.at(0).pointer, "/spec/ports");
}

TEST(Admission, ReadsAService) {
  const Admitted admitted = Admit(ServiceRef("web"), ServiceText("web"), {});
  ASSERT_TRUE(admitted.problems.empty());
  const auto& spec = std::get<ServiceSpec>(admitted.spec);
  EXPECT_EQ(spec.ports.at(0).target, (PortRef{80, ""}));
  EXPECT_EQ(spec.ports.at(0).protocol, "TCP");
  const std::string twice = absl::StrReplaceAll(
      ServiceText("web"), {{R"([{"port":80}])", R"([{"port":80},{"port":80}])"}});
  EXPECT_EQ(Admit(ServiceRef("web"), twice, {}).problems.at(0).pointer, "/spec/ports/1/port");
}

TEST(Admission, ReadsWhatPodsReadFromAndNeverTellsASecret) {
  const ObjectRef map{"v1", "ConfigMap", "default", "settings"};
  const ObjectRef secret{"v1", "Secret", "default", "keys"};
  const auto text = [](const ObjectRef& ref, const std::string& rest) {
    return absl::StrCat(R"({"apiVersion":"v1","kind":")", ref.kind, R"(","metadata":{"name":")",
                        ref.name, R"(","namespace":"default"},)", rest, "}");
  };
  using Data = std::map<std::string, std::string>;
  EXPECT_EQ(std::get<DataSpec>(Admit(map, text(map, R"("data":{"a":"1"})"), {}).spec).data,
            (Data{{"a", "1"}}));
  EXPECT_EQ(
      std::get<DataSpec>(
          Admit(secret,
                text(secret, R"("data":{"a":"b3Blbg==","b":"AA=="},"stringData":{"a":"x"})"), {})
              .spec)
          .data,
      (Data{{"a", "x"}, {"b", std::string(1, '\0')}}));
  const auto problems =
      Admit(secret, text(secret, R"("data":{"a":"top!secret","b/c":"AA=="})"), {}).problems;
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].pointer, "/data/a");
  EXPECT_EQ(problems[0].found, "");
  EXPECT_EQ(problems[1].pointer, "/data/b~1c");
  const auto number = Admit(secret, text(secret, R"("stringData":{"pin":4711})"), {}).problems;
  ASSERT_EQ(number.size(), 1u);
  EXPECT_EQ(number[0].pointer, "/stringData/pin");
  EXPECT_EQ(number[0].found, "");
}

}  // namespace
}  // namespace weft::local
