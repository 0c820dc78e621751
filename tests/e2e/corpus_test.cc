// Documents that others published, unchanged, on a real engine.
#include <filesystem>
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "deploy/examples/hello/http.h"
#include "tests/e2e/databases.h"
#include "tests/e2e/mesh.h"
#include "tests/e2e/root_file_system.h"

namespace weft::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

const char kCorpus[] = WEFT_SOURCE_DIR "/../shared/corpus/rudr/";

class Corpus : public Mesh {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kCorpus)) GTEST_SKIP() << kCorpus << " is not there";
    Mesh::SetUp();
  }

  CommandResult ApplyCorpus(const std::string& name) const {
    return Weft({"apply", "-f", kCorpus + name});
  }

  void Import(const RootFileSystem& root, const std::string& reference,
              const std::vector<std::string>& entrypoint) const {
    const absl::StatusOr<std::string> archive = root.Archive();
    ASSERT_TRUE(archive.ok()) << archive.status();
    std::vector<std::string> words = {"image", "import", *archive, reference};
    for (const std::string& word : entrypoint) words.push_back("--entrypoint=" + word);
    const CommandResult imported = Weft(words);
    ASSERT_EQ(imported.status, 0) << imported.err;
  }

  // The nginx of Debian's package, as an image of the name that the documents use.
  void ImportNginx(const std::string& name = "nginx:latest") const {
    RootFileSystem root(
        absl::StrCat(scratch(), "/", absl::StrReplaceAll(name, {{"/", "_"}, {":", "_"}})));
    const absl::Status program = root.AddProgram("/usr/sbin/nginx");
    ASSERT_TRUE(program.ok()) << program << "\nIs it installed? apt-get install nginx-light";
    for (const char* path : {"/etc/nginx", "/etc/passwd", "/etc/group", "/usr/share/nginx",
                             "/var/lib/nginx", "/var/log/nginx", "/var/www/html"})
      ASSERT_TRUE(root.Add(path).ok()) << path;
    for (const auto& module : std::filesystem::directory_iterator("/usr/lib/nginx/modules"))
      ASSERT_TRUE(root.AddProgram(module.path().string()).ok()) << module.path();
    root.AddFolder("/run");
    Import(root, name, {"/usr/sbin/nginx", "-g", "daemon off;"});
  }

  // Waits for an answer to GET / at the endpoint of an application's only component: without a
  // probe a pod is ready as soon as it runs, which may be before it listens.
  std::string AwaitAnswer(const std::string& application) const {
    std::string answer;
    EXPECT_TRUE(Await("an answer of " + application, [&] {
      const core::v1::ComponentStatus component = OnlyComponent(application);
      if (component.health().endpoints_size() == 0) return false;
      const std::string url = component.health().endpoints(0).url();
      answer = hello::Get(std::string(absl::StripPrefix(url, "http://")));
      return !answer.empty();
    }));
    return answer;
  }

  // What the core, the runtime and the engine have, as lines.
  std::string Everything() const {
    std::string text;
    for (const char* database : {"core.db", "runtime-local.db"}) {
      const absl::StatusOr<std::string> dump = DumpDatabase(data().Below(database));
      EXPECT_TRUE(dump.ok() && !dump->empty()) << dump.status();
      if (dump.ok()) text += *dump;
    }
    const auto networks = engine().ListNetworks({});
    EXPECT_TRUE(networks.ok()) << networks.status();
    for (const engine::Network& network : networks.value_or(std::vector<engine::Network>()))
      absl::StrAppend(&text, "network ", network.name, " ", network.id, "\n");
    for (const auto& [name, run] : Containers())
      absl::StrAppend(&text, "container ", name, " ", run.id, " ", run.started_at, "\n");
    return text;
  }
};

TEST_F(Corpus, ManualScalerRunsThreeReadyNginx) {
  ImportNginx();
  const CommandResult components = ApplyCorpus("components.yaml");
  EXPECT_EQ(components.status, 0) << components.err;
  EXPECT_EQ(components.err, "") << "every type is served";
  const CommandResult listed = Weft({"get", "components"});
  for (const char* name :
       {"hpa-example-replicated-v1", "nginx-replicated-v1", "nginx-singleton-v1", "alpine-task-v1",
        "alpine-singleton-task-v1", "alpine-singleton-worker-v1", "alpine-worker-v1"})
    EXPECT_THAT(listed.out, HasSubstr(name));

  const CommandResult application = ApplyCorpus("manual-scaler.yaml");
  ASSERT_EQ(application.status, 0) << application.err;
  ASSERT_TRUE(AwaitConverged("manual-scaler-example", {{"scaled-repsvc", 3}}));
  const core::v1::ComponentStatus component = OnlyComponent("manual-scaler-example");
  ASSERT_EQ(component.pods_size(), 3);
  for (const core::v1::PodStatus& pod : component.pods()) EXPECT_TRUE(pod.ready());
  ASSERT_EQ(component.traits_size(), 1);
  EXPECT_EQ(component.traits(0).type(), "manual-scaler");
  EXPECT_THAT(AwaitAnswer("manual-scaler-example"), HasSubstr("nginx"));
}

TEST_F(Corpus, ATaskComesToItsEndAndAWorkerRunsTwice) {
  ImportNginx();
  RootFileSystem root(scratch() + "/alpine");
  ASSERT_TRUE(root.AddAs("/bin/busybox", "/bin/busybox").ok());
  Import(root, "alpine:latest", {"/bin/busybox", "true"});
  ASSERT_EQ(ApplyCorpus("components.yaml").status, 0);
  const CommandResult task = Weft({"apply", "-f", std::string(kCorpus) + "task.yaml", "--wait"});
  EXPECT_EQ(task.status, 0) << task.out << task.err;
  EXPECT_THAT(Weft({"status", "example-task"}).out, HasSubstr("one-alpine-task  HEALTHY"));
  ASSERT_EQ(ApplyCorpus("worker.yaml").status, 0);
  EXPECT_TRUE(AwaitConverged("worker-app", {{"worker-nginx", 2}}));
}

TEST_F(Corpus, AServerHasItsVolumeAndAnotherAsManyReplicasAsItNeeds) {
  ImportNginx();
  const CommandResult volume = ApplyCorpus("volumes.yaml");
  ASSERT_EQ(volume.status, 0) << volume.err;
  ASSERT_TRUE(AwaitConverged("example-server-with-volume", {{"example-server-with-volume", 1}}));
  EXPECT_EQ(OnlyComponent("example-server-with-volume").traits(0).type(), "volume-mounter");

  ImportNginx("k8s.gcr.io/hpa-example:latest");
  ASSERT_EQ(ApplyCorpus("components.yaml").status, 0);
  const CommandResult scaled = ApplyCorpus("autoscaler.yaml");
  ASSERT_EQ(scaled.status, 0) << scaled.err;
  EXPECT_TRUE(AwaitConverged("autoscaler-example", {{"autoscaled-repsvc", 2}}));
}

TEST_F(Corpus, HelloworldPythonGreetsWhomItsParameterNames) {
  RootFileSystem root(scratch() + "/greeter");
  ASSERT_TRUE(root.AddAs(WEFT_BIN_DIR "/e2e-greeter", "/greeter").ok());
  Import(root, "oamdev/helloworld-python:v1", {"/greeter"});
  const CommandResult component = ApplyCorpus("helloworld-python-component.yaml");
  ASSERT_EQ(component.status, 0) << component.err;
  const CommandResult applied = Apply("helloworld", R"(apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata:
  name: helloworld
spec:
  components:
    - componentName: helloworld-python-v1
      instanceName: helloworld
      parameterValues:
        - name: target
          value: Rudr
)");
  ASSERT_EQ(applied.status, 0) << applied.err;
  ASSERT_TRUE(AwaitConverged("helloworld", {{"helloworld", 1}}));
  EXPECT_EQ(AwaitAnswer("helloworld"), "Hello Rudr\n");
}

TEST_F(Corpus, AMalformedApplicationIsRefusedAtItsPlaceAndChangesNothing) {
  ImportNginx();
  ASSERT_EQ(ApplyCorpus("components.yaml").status, 0);
  ASSERT_EQ(ApplyCorpus("manual-scaler.yaml").status, 0);
  ASSERT_TRUE(AwaitConverged("manual-scaler-example", {{"scaled-repsvc", 3}}));
  AwaitAnswer("manual-scaler-example");  // All of it is there.
  const std::string before = Everything();
  const CommandResult refused = ApplyCorpus("multi-component.yaml");
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, HasSubstr(std::string(kCorpus) + "multi-component.yaml:16:11: error: "));
  EXPECT_THAT(refused.err, ContainsRegex("hint: .*properties"));
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(Difference(before, Everything()), "");
}

}  // namespace
}  // namespace weft::e2e
