// What somebody else does to a cluster is put right.
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <regex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/store/records.pb.h"
#include "core/store/sqlite_store.h"
#include "tests/e2e/kubernetes_mesh.h"

namespace weft::e2e {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

const char kExamples[] = WEFT_SOURCE_DIR "/deploy/examples";
const char kHello[] = WEFT_SOURCE_DIR "/deploy/examples/hello";
constexpr char kWeb[] = "deployment/hello-web";

// The example on a cluster whose pods are only said to run, without any container engine.
class HelloOnKubernetes : public KubernetesMesh {
 protected:
  HelloOnKubernetes() : KubernetesMesh(Cluster::Kind::kFakeNode, "kubernetes") {}

  void SetUp() override {
    KubernetesMesh::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const CommandResult applied = Weft({"apply", "-f", kHello, "--wait"});
    ASSERT_EQ(applied.status, 0) << applied.out << applied.err;
  }

  std::string Kubectl(std::vector<std::string> arguments) const {
    const CommandResult result = cluster().Kubectl(std::move(arguments));
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }
  json::value Web() const {
    return json::Parse(cluster().Kubectl({"get", kWeb, "-o", "json"}).out).value_or(json::object());
  }
  static int64_t Replicas(const json::value& web) {
    return json::GetInt(web, {"spec", "replicas"});
  }
  static json::value Container(const json::value& web) {
    const json::value* containers = json::FindPath(web, {"spec", "template", "spec", "containers"});
    return containers == nullptr ? json::object() : containers->at(0);
  }
  static bool HasOurImage(const json::value& web) {
    return json::GetString(Container(web), {"image"}) == "weft/hello:v1";
  }
  testing::AssertionResult AwaitWeb(const std::string& what,
                                    const std::function<bool(const json::value&)>& is_so) const {
    return Await(what, [&] { return is_so(Web()); });
  }
  testing::AssertionResult AwaitReplicas(int64_t replicas) const {
    return AwaitWeb(absl::StrCat(replicas, " replicas wanted"),
                    [&](const json::value& web) { return Replicas(web) == replicas; });
  }

  // `kubectl edit` by somebody whose editor replaces `from` by `to`.
  void Edit(const std::string& from, const std::string& to) const {
    setenv("KUBE_EDITOR", absl::StrCat("sed -i 's/", from, "/", to, "/'").c_str(), 1);
    EXPECT_THAT(Kubectl({"edit", kWeb}), HasSubstr("edited"));
  }

  // The example with another trait in the place of its manual-scaler.
  CommandResult ApplyTrait(const std::string& trait) const {
    const std::string text = ReadFileOrEmpty(std::string(kHello) + "/application.yaml");
    const std::string scaler =
        "- name: manual-scaler\n          properties:\n            replicaCount: 3\n";
    EXPECT_THAT(text, HasSubstr(scaler));
    return Apply("application", absl::StrReplaceAll(text, {{scaler, "- " + trait + "\n"}}));
  }
  CommandResult ApplyReplicas(int replicas) const {
    return ApplyTrait(
        absl::StrCat("{name: manual-scaler, properties: {replicaCount: ", replicas, "}}"));
  }

  // `weft status` without its tree and its line breaks.
  std::string Status() const {
    return std::regex_replace(Weft({"status", "hello"}).out, std::regex("\n[^ a-z]*  +"), " ");
  }

  bool IsContested() const {
    const absl::StatusOr<core::v1::Application> hello = Find("hello");
    if (!hello.ok() || !hello->settled()) return false;
    for (const core::v1::ComponentStatus& component : hello->components())
      for (const core::v1::ObjectStatus& object : component.objects())
        if (object.contested_size() > 0) return true;
    return false;
  }

  // The names of everything there is of a kind that this mesh made and that is not about to end.
  std::vector<std::string> All(const std::string& kind) const {
    const std::string format =
        absl::StrCat("go-template={{range .items}}{{if not .metadata.deletionTimestamp}}",
                     "{{.metadata.name}} {{end}}{{end}}");
    const std::string names = Kubectl({"get", kind, "-l", "weft.dev/installation", "-o", format});
    return absl::StrSplit(names, ' ', absl::SkipEmpty());
  }
};

TEST_F(HelloOnKubernetes, IsPutRightWhereSomebodyDeletesOrEditsWhatIsOurs) {
  const std::string uid = json::GetString(Web(), {"metadata", "uid"});
  Kubectl({"delete", kWeb, "--wait=false"});
  ASSERT_TRUE(AwaitWeb("another Deployment", [&](const json::value& web) {
    const std::string now = json::GetString(web, {"metadata", "uid"});
    return !now.empty() && now != uid && json::GetInt(web, {"status", "availableReplicas"}) == 3;
  }));
  Kubectl({"delete", "service/hello-web"});
  ASSERT_TRUE(Await("the Service", [&] {
    return cluster().Kubectl({"get", "service/hello-web"}).status == 0;
  }));

  // What Weft says nothing of is whoever's who says something.
  Kubectl({"annotate", kWeb, "example.org/mine=yes"});
  Edit("revisionHistoryLimit: 10", "revisionHistoryLimit: 2");
  Edit("replicas: 3", "replicas: 7");
  ASSERT_TRUE(AwaitReplicas(3));
  Edit("value: Good morning", "value: Go away");
  ASSERT_TRUE(AwaitWeb("the greeting", [](const json::value& web) {
    return json::GetString(Container(web).at("env").at(0), {"value"}) == "Good morning";
  }));
  const json::value web = Web();
  EXPECT_EQ(json::GetInt(web, {"spec", "revisionHistoryLimit"}), 2);
  EXPECT_EQ(json::GetString(web, {"metadata", "annotations", "example.org/mine"}), "yes");
  EXPECT_THAT(All("deployments"), UnorderedElementsAre("hello-caller", "hello-web"));
}

TEST_F(HelloOnKubernetes, LeavesALeafToSomebodyWhoChangesItAgainAndAgainAndSaysSo) {
  for (int i = 0; i < 3; ++i) {
    Edit("replicas: 3", "replicas: 7");
    ASSERT_TRUE(AwaitReplicas(3));
  }
  ASSERT_TRUE(Await("a contested leaf", [&] { return IsContested(); }));
  EXPECT_EQ(Replicas(Web()), 3);
  EXPECT_THAT(Status(), HasSubstr("Deployment/hello-web /spec/replicas is left to kubectl-edit, "
                                  "which changed it 3 times in 5 minutes"));
  Edit("replicas: 3", "replicas: 7");
  // Everything else is still ours; and what was put right after the other change saw that too.
  Edit("image: weft.hello:v1", "image: evil:9");
  ASSERT_TRUE(AwaitWeb("the image", HasOurImage));
  EXPECT_EQ(Replicas(Web()), 7);
  ASSERT_EQ(ApplyReplicas(4).status, 0);
  EXPECT_TRUE(AwaitReplicas(4));
  EXPECT_FALSE(IsContested());
}

TEST_F(HelloOnKubernetes, LeavesAnElementThatSomebodyRemovesAgainAndAgain) {
  const auto variables = [](const json::value& web) {
    return Container(web).at("env").get_array().size();
  };
  for (int i = 0; i < 3; ++i) {
    Kubectl({"set", "env", kWeb, "GREETING-"});
    ASSERT_TRUE(
        AwaitWeb("the variable", [&](const json::value& web) { return variables(web) == 2; }));
  }
  ASSERT_TRUE(Await("a contested leaf", [&] { return IsContested(); }));
  // Who removes something leaves no trace of a name.
  EXPECT_THAT(Status(), AllOf(HasSubstr("env[name=GREETING]/value is left to another writer"),
                              Not(HasSubstr("refused"))));
  EXPECT_EQ(variables(Web()), 2u);
  Kubectl({"set", "env", kWeb, "GREETING-"});
  Edit("image: weft.hello:v1", "image: evil:9");
  EXPECT_TRUE(AwaitWeb("the image", HasOurImage));
}

TEST_F(HelloOnKubernetes, ConvergesOnceTheApiServerIsBackAndDoublesNothing) {
  ASSERT_TRUE(cluster().StopApiServer().ok());
  const CommandResult applied = ApplyReplicas(4);
  EXPECT_EQ(applied.status, 0) << applied.err;
  EXPECT_THAT(applied.err, HasSubstr("the runtime kubernetes could not be asked"));
  // What was known still is.
  EXPECT_THAT(Weft({"status", "hello"}).out, HasSubstr("pod hello-web-"));
  ASSERT_TRUE(cluster().StartApiServer().ok());
  EXPECT_TRUE(AwaitReplicas(4));
  EXPECT_TRUE(AwaitStatus("hello", [](const core::v1::Application& hello) {
    return hello.settled() && hello.health().verdict() == common::v1::VERDICT_HEALTHY &&
           hello.components(0).pods_size() == 4;
  }));
  EXPECT_THAT(All("deployments"), UnorderedElementsAre("hello-caller", "hello-web"));
  EXPECT_THAT(All("services"), UnorderedElementsAre("hello-caller", "hello-web"));
  EXPECT_EQ(All("replicasets").size(), 2u);
  EXPECT_EQ(All("pods").size(), 5u);
}

TEST_F(HelloOnKubernetes, GoesOnWhereAKilledRuntimeStopped) {
  Signal(kKubernetesRuntime, SIGKILL);
  Kubectl({"scale", kWeb, "--replicas=1"});
  Kubectl({"delete", "service/hello-web"});
  EXPECT_TRUE(AwaitReplicas(3));
  EXPECT_TRUE(Await("the Service", [&] {
    return cluster().Kubectl({"get", "service/hello-web"}).status == 0;
  }));
}

// The sizes that the Deployment of `history`, a watch, was given, without repetitions.
std::vector<int64_t> Sizes(const std::string& history) {
  std::vector<int64_t> sizes;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(history, '\n', absl::SkipEmpty()))) {
    const json::value event = json::Parse(line).value_or(json::object());
    if (json::GetString(event, {"object", "metadata", "name"}) != "hello-web") continue;
    const int64_t size = json::GetInt(event, {"object", "spec", "replicas"});
    if (sizes.empty() || sizes.back() != size) sizes.push_back(size);
  }
  return sizes;
}

TEST_F(HelloOnKubernetes, HandsTheSizeToTheClockAndBackWithoutAGap) {
  const std::string before = json::GetString(Web(), {"metadata", "resourceVersion"});
  const std::vector<std::string> three = All("pods");
  const CommandResult applied = ApplyTrait(
      R"({name: cron-hpa, properties: {jobs: [{name: always, schedule: "* * * * * *", targetSize: 5}]}})");
  ASSERT_EQ(applied.status, 0) << applied.err;
  ASSERT_TRUE(AwaitWeb("five replicas", [](const json::value& web) {
    return json::GetInt(web, {"status", "availableReplicas"}) == 5;
  }));
  EXPECT_THAT(All("pods"), IsSupersetOf(three));
  EXPECT_THAT(Status(), HasSubstr("steers Deployment/hello-web /spec/replicas = 5"));
  ASSERT_EQ(ApplyReplicas(3).status, 0);
  ASSERT_TRUE(AwaitReplicas(3));
  const std::string history =
      Kubectl({"get", "--raw",
               absl::StrCat("/apis/apps/v1/namespaces/default/deployments?watch=1&timeoutSeconds=1&"
                            "resourceVersion=",
                            before)});
  EXPECT_THAT(Sizes(history), ElementsAre(3, 5, 3));
  EXPECT_EQ(All("replicasets").size(), 2u);  // Nothing was rolled.
}

TEST_F(HelloOnKubernetes, EveryObjectOfTheExamplesPassesAStrictDryRun) {
  for (const auto& example : std::filesystem::directory_iterator(kExamples)) {
    const CommandResult applied = Weft({"apply", "-f", example.path().string()});
    EXPECT_EQ(applied.status, 0) << example.path() << ": " << applied.err;
  }
  const auto store = store::OpenSqliteStore(data().Below("core.db"));
  ASSERT_TRUE(store.ok()) << store.status();
  const auto objects = (*store)->List("desired/");
  ASSERT_TRUE(objects.ok()) << objects.status();
  EXPECT_GE(objects->size(), 4u);
  for (const auto& [key, bytes] : *objects) {
    store::v1::DesiredRecord desired;
    ASSERT_TRUE(desired.ParseFromString(bytes)) << key;
    const std::string file = WriteDocument("object", desired.object().json());
    const CommandResult checked = cluster().Kubectl(
        {"apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts",
         "--field-manager=weft", "-n", desired.object().ref().namespace_(), "-f", file});
    EXPECT_EQ(checked.status, 0) << key << ": " << checked.err;
  }
}

}  // namespace
}  // namespace weft::e2e
