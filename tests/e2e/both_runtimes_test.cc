// Docker beside Kubernetes: the same documents with the same outcome.
#include <filesystem>
#include <gmock/gmock.h>
#include <regex>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "core/base/files.h"
#include "tests/e2e/kubernetes_mesh.h"

namespace weft::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const char kHello[] = WEFT_SOURCE_DIR "/deploy/examples/hello";

// A private engine and a node whose pods run: applications of each namespace go to one of them.
class BothRuntimes : public KubernetesMesh {
 protected:
  BothRuntimes() : KubernetesMesh(Cluster::Kind::kNode, "local,kubernetes") {}

  void SetUp() override {
    KubernetesMesh::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ImportHello();
  }

  std::vector<std::string> UpOptions() override {
    const absl::Status written = WriteFileAtomically(
        data().Below("core.yaml"),
        "namespaces:\n  docker: {runtime: local}\n  cluster: {runtime: kubernetes}\n");
    EXPECT_TRUE(written.ok()) << written;
    return KubernetesMesh::UpOptions();
  }

  void TearDown() override {
    if (!IsSkipped()) std::filesystem::remove(data().Below("core.yaml"));  // Else it stays.
    KubernetesMesh::TearDown();
  }

  // `text` without what differs from run to run: ages, addresses, names of pods, and the widths
  // that follow from them.
  static std::string Generic(std::string text, const std::string& ns) {
    const std::vector<std::pair<std::string, std::string>> rules = {
        {"namespace " + ns, "namespace NS"},
        {"runtime (local|kubernetes)", "runtime RUNTIME"},
        {"(hello-(web|caller))-[-a-z0-9]+", "$1-POD"},
        {"[0-9]+(\\.[0-9]+){3}", "ADDRESS"},
        {"up [0-9a-z]+", "up AGE"},
        {"(\\S)  +", "$1  "}};
    for (const auto& [from, to] : rules) text = std::regex_replace(text, std::regex(from), to);
    return text;
  }

  std::string Tree(const std::string& ns) const {
    const CommandResult status = Weft({"-n", ns, "status", "hello"});
    EXPECT_EQ(status.status, 0) << status.err;
    return Generic(status.out, ns);
  }

  // Where an instance of hello answers, as its status says.
  std::string Url(const std::string& ns, const std::string& instance) const {
    const absl::StatusOr<core::v1::Application> hello = Find("hello", ns);
    EXPECT_TRUE(hello.ok()) << hello.status();
    if (!hello.ok()) return "";
    for (const core::v1::ComponentStatus& component : hello->components())
      if (component.instance_name() == instance && component.health().endpoints_size() == 1)
        return component.health().endpoints(0).url();
    ADD_FAILURE() << "no endpoint in " << hello->ShortDebugString();
    return "";
  }

  // What curl hears at `url` where the pods of a namespace have their addresses; empty: nothing.
  std::string AskFromWithin(const std::string& ns, const std::string& url) const {
    const std::vector<std::string> curl = {"curl", "--silent", "--max-time", "5", url};
    if (ns == "cluster") return cluster().RunInNetwork(curl).out;
    const Runs pods = Pods("hello-caller");
    const auto container = pods.empty() ? absl::NotFoundError("no pod")
                                        : engine().InspectContainer(pods.begin()->second.id);
    EXPECT_TRUE(container.ok()) << container.status();
    if (!container.ok()) return "";
    std::vector<std::string> words = {"nsenter",
                                      absl::StrCat("--net=/proc/", container->pid, "/ns/net")};
    words.insert(words.end(), curl.begin(), curl.end());
    return RunCommand(words).out;
  }

  // Waits until an instance has been heard to say `answers` different things; the last of them.
  std::string Hear(const std::string& ns, const std::string& instance, size_t answers) const {
    const std::string url = Url(ns, instance);
    std::set<std::string> heard;
    std::string last;
    EXPECT_TRUE(Await(absl::StrCat(answers, " answers of ", instance, " in ", ns), [&] {
      const std::string answer = AskFromWithin(ns, url);
      if (!answer.empty()) heard.insert(last = answer);
      return heard.size() == answers;
    }));
    return Generic(last, ns);
  }
};

TEST_F(BothRuntimes, RunTheSameFilesToTheSameTreeAndTheSameAnswers) {
  for (const std::string ns : {"docker", "cluster"}) {
    const CommandResult applied = Weft({"-n", ns, "apply", "-f", kHello, "--wait"});
    ASSERT_EQ(applied.status, 0) << ns << ": " << applied.out << applied.err;
    EXPECT_EQ(Tree(ns),
              "hello  HEALTHY  namespace NS, generation 1, runtime RUNTIME\n"
              "├─ hello-web  HEALTHY  component hello-web, revision 1, "
              "core.oam.dev/v1alpha1.Server\n"
              "│  ├─ endpoint http://ADDRESS:8080 (http)\n"
              "│  ├─ trait manual-scaler  HEALTHY\n"
              "│  ├─ pod hello-web-POD  ready  ADDRESS  up AGE\n"
              "│  ├─ pod hello-web-POD  ready  ADDRESS  up AGE\n"
              "│  └─ pod hello-web-POD  ready  ADDRESS  up AGE\n"
              "└─ hello-caller  HEALTHY  component hello-caller, revision 1, "
              "core.oam.dev/v1alpha1.Server\n"
              "   ├─ endpoint http://ADDRESS:8080 (http)\n"
              "   └─ pod hello-caller-POD  ready  ADDRESS  up AGE\n");
    EXPECT_EQ(Hear(ns, "hello-web", 3), "Good morning from hello-web-POD\n");
    // Which asks hello-web by its name.
    EXPECT_THAT(Hear(ns, "hello-caller", 1),
                HasSubstr("hello-web:8080 says: Good morning from hello-web-POD"));
  }
  // Each where it belongs, and nowhere else.
  EXPECT_EQ(Pods("hello-web").size(), 3u);
  EXPECT_THAT(cluster().Kubectl({"get", "deployments", "-A", "-o", "name"}).out,
              AllOf(HasSubstr("hello-web"), HasSubstr("hello-caller")));
  EXPECT_EQ(cluster().Kubectl({"get", "namespace", "docker"}).status, 1);
}

// What a component may say of a container beside the example.
std::string Equipped(const std::string& greeting) {
  return absl::StrCat(R"(apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata: {name: equipped}
spec:
  workloadType: Server
  parameters: [{name: greeting, type: string, default: )",
                      greeting, R"(}]
  containers:
    - name: web
      image: weft/hello:v1
      env: [{name: GREETING_FILE, value: /etc/hello/greeting}]
      config: [{path: etc/hello/greeting, fromParam: greeting}]
      ports: [{name: http, containerPort: 8080}]
      resources: {volumes: [{name: scratch, mountPath: /scratch, disk: {required: 16M, ephemeral: true}}]}
      livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
      readinessProbe: {httpGet: {path: /healthz, port: 8080, httpHeaders: [{name: X-Probe, value: "1"}]}, periodSeconds: 1}
---
apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata: {name: hello}
spec:
  components:
    - {componentName: equipped, instanceName: hello-caller}
)");
}

TEST_F(BothRuntimes, RunAComponentWithFilesVolumesAndProbes) {
  for (const std::string ns : {"docker", "cluster"}) {
    for (const std::string greeting : {"Ahoy", "Salut"}) {
      const CommandResult applied = Weft(
          {"-n", ns, "apply", "-f", WriteDocument("equipped.yaml", Equipped(greeting)), "--wait"});
      ASSERT_EQ(applied.status, 0) << ns << ": " << applied.out << applied.err;
      // The old pod may answer until it has left its Service everywhere.
      const std::string url = Url(ns, "hello-caller");
      EXPECT_TRUE(Await(absl::StrCat(greeting, " in ", ns), [&] {
        return AskFromWithin(ns, url).starts_with(greeting + " from hello-caller");
      }));
    }
    // There are two pods until the old one has ended.
    EXPECT_TRUE(Await("the output of the only pod", [&] {
      return Weft({"-n", ns, "logs", "hello", "-c", "web"}).status == 0;
    }));
    EXPECT_THAT(Weft({"-n", ns, "logs", "hello", "-c", "no"}).err,
                HasSubstr("has no container no; it has web"));
  }
}

// An application "hello" of one component of a type, whose instance is `instance`.
std::string Single(const std::string& type, const std::string& instance,
                   const std::string& greeting, const std::string& more) {
  return absl::Substitute(R"(apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata: {name: single}
spec:
  workloadType: $0
  parameters: [{name: greeting, type: string, default: $2}]
  containers:
    - {name: main, image: "weft/hello:v1", env: [{name: GREETING, fromParam: greeting}], $3}
---
apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata: {name: hello}
spec:
  components: [{componentName: single, instanceName: $1}]
)",
                          type, instance, greeting, more);
}

TEST_F(BothRuntimes, RunATaskToItsEndAndAChangedOneAgain) {
  for (const std::string ns : {"docker", "cluster"}) {
    for (const std::string greeting : {"Ahoy", "Salut"}) {
      const std::string file =
          WriteDocument("task.yaml", Single("Task", "mill", greeting, "args: [once]"));
      const CommandResult applied = Weft({"-n", ns, "apply", "-f", file, "--wait"});
      ASSERT_EQ(applied.status, 0) << ns << ": " << applied.out << applied.err;
      EXPECT_TRUE(Await("its output", [&] {
        return Weft({"-n", ns, "logs", "hello"}).out.find(greeting + " from mill") !=
               std::string::npos;
      })) << ns;
    }
  }
}

TEST_F(BothRuntimes, RunASingletonUnderANameThatStays) {
  for (const std::string ns : {"docker", "cluster"}) {
    for (const std::string greeting : {"Ahoy", "Salut"}) {
      const std::string file =
          WriteDocument("singleton.yaml", Single("SingletonServer", "hello-caller", greeting,
                                                 "ports: [{name: http, containerPort: 8080}]"));
      const CommandResult applied = Weft({"-n", ns, "apply", "-f", file, "--wait"});
      ASSERT_EQ(applied.status, 0) << ns << ": " << applied.out << applied.err;
      EXPECT_EQ(Hear(ns, "hello-caller", 1), greeting + " from hello-caller-POD\n");
      EXPECT_THAT(Weft({"-n", ns, "status", "hello"}).out, HasSubstr("pod hello-caller-0  ready"));
    }
  }
}

// Without anything to measure by there are as many as there are at least.
TEST_F(BothRuntimes, LeaveTheSizeToTheAutoscaler) {
  for (const std::string ns : {"docker", "cluster"}) {
    for (const std::string greeting : {"Ahoy", "Salut"}) {
      const std::string text = absl::StrReplaceAll(
          Single("Server", "hello-caller", greeting, "ports: [{name: http, containerPort: 8080}]"),
          {{"instanceName: hello-caller",
            "instanceName: hello-caller, traits: [{name: auto-scaler, properties: {minimum: "
            "2}}]"}});
      const CommandResult applied =
          Weft({"-n", ns, "apply", "-f", WriteDocument("scaled.yaml", text)});
      ASSERT_EQ(applied.status, 0) << ns << ": " << applied.out << applied.err;
      EXPECT_TRUE(Await(absl::StrCat("two that say ", greeting, " in ", ns), [&] {
        const absl::StatusOr<core::v1::Application> hello = Find("hello", ns);
        if (!hello.ok() || hello->components_size() != 1 ||
            hello->components(0).health().endpoints_size() != 1)
          return false;
        const auto& pods = hello->components(0).pods();
        return pods.size() == 2 && pods.Get(0).ready() && pods.Get(1).ready() &&
               AskFromWithin(ns, Url(ns, "hello-caller")).starts_with(greeting);
      }));
    }
  }
}

// What a cluster's administrator gives it: one volume of a class "shelf", on the node.
constexpr char kShelf[] = R"({"apiVersion":"v1","kind":"PersistentVolume",
    "metadata":{"name":"shelf"},"spec":{"storageClassName":"shelf","accessModes":["ReadWriteOnce"],
    "capacity":{"storage":"64Mi"},"hostPath":{"path":"$0","type":"DirectoryOrCreate"}}})";

std::string Storing(const std::string& greeting, const std::string& trait) {
  return absl::StrReplaceAll(
      Single("SingletonServer", "hello-caller", greeting,
             "ports: [{name: http, containerPort: 8080}], "
             "resources: {volumes: [{name: data, mountPath: /data, disk: {required: 16M}}]}"),
      {{"env: [", "env: [{name: STARTS_FILE, value: /data/starts}, "},
       {"instanceName: hello-caller",
        absl::StrCat("instanceName: hello-caller, traits: [", trait, "]")}});
}

TEST_F(BothRuntimes, KeepWhatAComponentStoredUntilItIsDeleted) {
  ASSERT_EQ(cluster().Apply(absl::Substitute(kShelf, cluster().folder() + "/shelf")).status, 0);
  const std::string shelf =
      "{name: volume-mounter, properties: {volumeName: data, storageClass: shelf}}";
  for (const std::string ns : {"docker", "cluster"}) {
    int start = 0;
    for (const std::string greeting : {"Ahoy", "Salut"}) {
      const std::string file = WriteDocument("storing.yaml", Storing(greeting, shelf));
      const CommandResult applied = Weft({"-n", ns, "apply", "-f", file, "--wait"});
      ASSERT_EQ(applied.status, 0) << ns << ": " << applied.out << applied.err;
      EXPECT_EQ(Hear(ns, "hello-caller", 1),
                absl::StrCat(greeting, " from hello-caller-POD, start ", ++start, "\n"));
    }
    EXPECT_THAT(Weft({"-n", ns, "status", "hello"}).out,
                HasSubstr("trait volume-mounter  HEALTHY"));
    ASSERT_EQ(Weft({"-n", ns, "delete", "hello", "--wait"}).status, 0) << ns;
  }
  EXPECT_EQ(cluster().Kubectl({"get", "pvc", "-n", "cluster", "-o", "name"}).out, "");
  const std::string file = WriteDocument("storing.yaml", Storing("Ahoy", shelf));
  ASSERT_EQ(Weft({"-n", "docker", "apply", "-f", file, "--wait"}).status, 0);
  EXPECT_EQ(Hear("docker", "hello-caller", 1), "Ahoy from hello-caller-POD, start 1\n");
}

TEST_F(BothRuntimes, RefuseAStorageClassForAVolumeThatIsNotThere) {
  const std::string trait =
      "{name: volume-mounter, properties: {volumeName: dat, storageClass: shelf}}";
  const CommandResult applied =
      Weft({"-n", "docker", "apply", "-f", WriteDocument("storing.yaml", Storing("Ahoy", trait))});
  EXPECT_NE(applied.status, 0);
  EXPECT_THAT(applied.err, HasSubstr("the component has no volume dat that outlives its replicas"));
  EXPECT_THAT(applied.err, HasSubstr("hello-caller-data"));
}

}  // namespace
}  // namespace weft::e2e
