// What tests may rely on of a Cluster, proved with the real thing.
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/process.h"
#include "tests/e2e/kubernetes/cluster.h"

namespace weft::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Two Pods behind a Service, each of which answers with its name; the image is on every node.
constexpr char kWeb[] = R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: local/busybox:1
        command: [sh, -c, 'mkdir /www; echo $HOSTNAME >/www/index.html; exec httpd -f -p 8080 -h /www']
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
)";

// An image without a tag is pulled each time.
constexpr char kHello[] = R"(
apiVersion: v1
kind: Pod
metadata: {name: hello}
spec:
  containers:
  - {name: hello, image: weft/hello}
)";

// The one process of a cluster whose end is that of all others.
pid_t OuterProcess(const std::string& folder) {
  pid_t pid = -1;
  std::ifstream(folder + "/run/process") >> pid;
  return pid;
}

// What tells one namespace from another: "pid:[4026532345]". Empty: there is no such process.
std::string Namespace(pid_t pid, const std::string& kind) {
  std::error_code ec;
  return fs::read_symlink(absl::StrCat("/proc/", pid, "/ns/", kind), ec).string();
}

// The processes in a pid namespace.
std::set<pid_t> ProcessesIn(const std::string& pid_namespace) {
  std::set<pid_t> found;
  for (const pid_t pid : AllProcesses()) {
    if (Namespace(pid, "pid") == pid_namespace) found.insert(pid);
  }
  return found;
}

// The cgroup that a node keeps its Pods in, of every hierarchy.
std::vector<std::string> Cgroups(const std::string& name) {
  std::vector<std::string> found;
  if (fs::exists("/sys/fs/cgroup/" + name)) found.push_back("/sys/fs/cgroup/" + name);
  for (const auto& hierarchy : fs::directory_iterator("/sys/fs/cgroup")) {
    if (fs::exists(hierarchy.path() / name)) found.push_back(hierarchy.path() / name);
  }
  return found;
}

// What of /proc/self/mounts and of the links of this machine bears the marks of a cluster.
std::vector<std::string> TracesOnMachine(const std::string& folder) {
  std::vector<std::string> found;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(folder) != std::string::npos) found.push_back(line);
  }
  for (const char* link : {"weft0", "cni0"}) {
    if (fs::exists(absl::StrCat("/sys/class/net/", link))) found.push_back(link);
  }
  return found;
}

std::string Setting(const std::string& folder, const std::string& name) {
  std::ifstream settings(folder + "/run/settings");
  for (std::string line; std::getline(settings, line);) {
    if (line.rfind(name + "=", 0) == 0) return line.substr(name.size() + 1);
  }
  return "";
}

class KubernetesFixture : public testing::Test {
 protected:
  // Skips the test where there can be no Kubernetes.
  void Start(Cluster::Kind kind) {
    absl::StatusOr<std::unique_ptr<Cluster>> cluster = Cluster::Start(kind);
    if (absl::IsUnavailable(cluster.status())) GTEST_SKIP() << cluster.status().message();
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
  }

  std::string Kubectl(std::vector<std::string> arguments) const {
    const CommandResult result = cluster_->Kubectl(std::move(arguments));
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  void Apply(const std::string& documents) const {
    const CommandResult applied = cluster_->Apply(documents);
    ASSERT_EQ(applied.status, 0) << applied.err;
  }

  void AwaitAvailable() const {
    Kubectl({"wait", "--for=condition=Available", "deployment/web", "--timeout=60s"});
  }

  std::unique_ptr<Cluster> cluster_;
};

class ControlPlane : public KubernetesFixture {
  void SetUp() override { Start(Cluster::Kind::kControlPlane); }
};

class FakeNode : public KubernetesFixture {
  void SetUp() override { Start(Cluster::Kind::kFakeNode); }
};

class Node : public KubernetesFixture {
  void SetUp() override { Start(Cluster::Kind::kNode); }
};

TEST_F(ControlPlane, MakesPodsThatStayPending) {
  EXPECT_THAT(Kubectl({"version"}), HasSubstr("Server Version: v1.34."));
  Apply(kWeb);
  Kubectl({"wait", "--for=jsonpath={.status.unavailableReplicas}=2", "deployment/web",
           "--timeout=30s"});
  EXPECT_EQ(Kubectl({"get", "pods", "-o", "jsonpath={.items[*].status.phase}"}), "Pending Pending");
}

TEST_F(ControlPlane, KeepsWhatItHasOverACrashOfTheApiServer) {
  Apply(kWeb);
  const std::string uid = Kubectl({"get", "service/web", "-o", "jsonpath={.metadata.uid}"});
  ASSERT_TRUE(cluster_->StopApiServer().ok());
  EXPECT_NE(cluster_->Kubectl({"get", "service/web"}).status, 0);
  const absl::Status started = cluster_->StartApiServer();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_EQ(Kubectl({"get", "service/web", "-o", "jsonpath={.metadata.uid}"}), uid);
}

TEST_F(FakeNode, SaysThatADeploymentRunsAndIsGone) {
  Apply(kWeb);
  AwaitAvailable();
  EXPECT_EQ(Kubectl({"get", "pods", "-o", "jsonpath={.items[*].status.phase}"}), "Running Running");
  Kubectl({"delete", "deployment/web"});
  Kubectl({"wait", "--for=delete", "pod", "--selector=app=web", "--timeout=30s"});
  EXPECT_EQ(Kubectl({"get", "pods", "-o", "name"}), "");
}

// A crash of the test is not to leave half a gigabyte of processes behind.
TEST_F(FakeNode, EndsWithTheProgramThatStartedIt) {
  int report[2];
  ASSERT_EQ(pipe2(report, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    const absl::StatusOr<std::unique_ptr<Cluster>> other = Cluster::Start(Cluster::Kind::kFakeNode);
    const std::string folder = other.ok() ? (*other)->folder() : "";
    _exit(write(report[1], folder.data(), folder.size()) > 0 ? 0 : 1);
  }
  close(report[1]);
  char folder[PATH_MAX] = {};
  EXPECT_GT(read(report[0], folder, sizeof(folder) - 1), 0) << "the other cluster did not start";
  close(report[0]);
  const pid_t outer = OuterProcess(folder);
  const absl::StatusOr<ProcessHandle> process =
      ProcessHandle::Open({.pid = outer, .start_time = StartTime(outer).value_or(0)});
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(!process.ok() || process->AwaitEnd(absl::Seconds(20)));
  EXPECT_EQ(
      RunCommand({absl::StrCat(WEFT_SOURCE_DIR, "/tests/e2e/kubernetes/down.sh"), folder}).status,
      0);
  fs::remove_all(folder);
}

TEST_F(Node, ServesADeploymentByAddressAndByName) {
  Apply(kWeb);
  AwaitAvailable();
  const std::string address = Kubectl({"get", "service/web", "-o", "jsonpath={.spec.clusterIP}"});
  const CommandResult answer = cluster_->RunInNetwork(
      {"curl", "--silent", "--show-error", "--retry", "20", "--retry-connrefused", "--retry-delay",
       "1", absl::StrCat("http://", address, "/")});
  EXPECT_THAT(answer.out, StartsWith("web-")) << answer.err;
  EXPECT_THAT(Kubectl({"exec", "deployment/web", "--", "wget", "-qO-", "http://web/"}),
              StartsWith("web-"));
}

TEST_F(Node, RunsAnImageOfOurOwn) {
  const absl::Status loaded = cluster_->LoadImage(WEFT_HELLO_IMAGE, "weft/hello", "/hello");
  ASSERT_TRUE(loaded.ok()) << loaded;
  Apply(kHello);
  Kubectl({"wait", "--for=condition=Ready", "pod/hello", "--timeout=60s"});
  EXPECT_THAT(Kubectl({"logs", "pod/hello"}), HasSubstr("listening"));
}

TEST_F(Node, LeavesNothingBehind) {
  Apply(kWeb);
  AwaitAvailable();
  const std::string folder = cluster_->folder();
  const std::string cgroup = Setting(folder, "cgroup");
  const std::string pid_namespace = Namespace(OuterProcess(folder), "pid_for_children");
  ASSERT_THAT(ProcessesIn(pid_namespace), testing::SizeIs(testing::Gt(12u)));
  ASSERT_THAT(Cgroups(cgroup), testing::Not(IsEmpty()));
  EXPECT_THAT(TracesOnMachine(folder), IsEmpty());
  cluster_.reset();
  EXPECT_THAT(ProcessesIn(pid_namespace), IsEmpty());
  EXPECT_THAT(Cgroups(cgroup), IsEmpty());
  EXPECT_THAT(TracesOnMachine(folder), IsEmpty());
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(Node, EndsWithOneProcess) {
  Apply(kWeb);
  AwaitAvailable();
  const pid_t outer = OuterProcess(cluster_->folder());
  const std::string pid_namespace = Namespace(outer, "pid_for_children");
  std::vector<ProcessHandle> processes;
  for (const pid_t pid : ProcessesIn(pid_namespace)) {
    const auto started = StartTime(pid);
    if (!started.has_value()) continue;
    auto process = ProcessHandle::Open({.pid = pid, .start_time = *started});
    if (process.ok()) processes.push_back(*std::move(process));
  }
  ASSERT_THAT(processes, testing::SizeIs(testing::Gt(12u)));
  ASSERT_EQ(kill(outer, SIGKILL), 0);
  for (const ProcessHandle& process : processes)
    EXPECT_TRUE(process.AwaitEnd(absl::Seconds(20))) << process.identity().pid;
}

}  // namespace
}  // namespace weft::e2e
