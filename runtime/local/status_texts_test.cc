// What people read when a pod does not do what it should, against tests/testdata/pod_statuses.txt,
// which people review.
#include <fstream>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "core/base/json_list.h"
#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

// The sections of the file, by the lines in brackets above them.
std::map<std::string, std::string> Golden() {
  std::map<std::string, std::string> sections;
  std::ifstream file(WEFT_SOURCE_DIR "/tests/testdata/pod_statuses.txt");
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#') || line.empty()) continue;
    if (line.starts_with('['))
      section = line;
    else
      sections[section] += line + "\n";
  }
  return sections;
}

std::string StateText(const json::value& state) {
  std::string text;
  if (!state.is_object()) return text;
  for (const auto& [kind, value] : state.get_object()) {
    absl::StrAppend(&text, std::string(kind));
    if (const std::string reason = json::GetString(value, {"reason"}); !reason.empty())
      absl::StrAppend(&text, " ", reason);
    if (const json::value* code = json::Find(value, "exitCode"))
      absl::StrAppend(&text, ", exit code ", code->as_int64());
    if (const json::value* signal = json::Find(value, "signal"))
      absl::StrAppend(&text, ", signal ", signal->as_int64());
    if (const std::string message = json::GetString(value, {"message"}); !message.empty())
      absl::StrAppend(&text, ": ", absl::StripTrailingAsciiWhitespace(message));
  }
  return text;
}

class StatusTexts : public LocalRuntimeTest {
 protected:
  // What the only pod says, once it says `word`.
  std::string Text(const std::string& word) {
    EXPECT_TRUE(follower_->Until(SomePodSays(word)));
    std::string text;
    for (const auto& [key, projection] : follower_->seen()) {
      if (KindOfKey(key) != "Pod" || !absl::StrContains(projection.status, word)) continue;
      const json::value status = *json::Parse(projection.status);
      absl::StrAppend(&text, "phase ", json::GetString(status, {"phase"}), "\n");
      if (const std::string message = json::GetString(status, {"message"}); !message.empty())
        absl::StrAppend(&text, json::GetString(status, {"reason"}), ": ", message, "\n");
      for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
        for (const json::value& container : json::ListAt(status, list)) {
          absl::StrAppend(&text, json::GetString(container, {"name"}), ": ",
                          StateText(*json::Find(container, "state")), "\n");
          if (const json::value* last = json::Find(container, "lastState"))
            absl::StrAppend(&text, "  before: ", StateText(*last), "\n");
        }
      }
      break;
    }
    return text;
  }
  void Compare(const std::string& section, const std::string& word) {
    EXPECT_EQ(Text(word), Golden()["[" + section + "]"]) << section;
  }
  // Once more, and so on.
  void Crash(int exit_code, bool out_of_memory = false) {
    ASSERT_TRUE(Soon([&] { return Running("main").size() == 1; }));
    engine_.Exit(Running("main").at(0).id, exit_code, out_of_memory);
  }
  void ApplyImage(const std::string& image, const std::string& more = "") {
    Apply(DeploymentRef("web"), DeploymentText("web", 1, image, more), 1);
  }
};

TEST_F(StatusTexts, OfImages) {
  Start();
  ApplyImage("nowhere:1");
  Compare("an image that is nowhere", "ImagePullBackOff");
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  ASSERT_TRUE(follower_->Until([&](const Seen& seen) { return seen.empty(); }));
  ApplyImage("nowhere:1", R"(,"imagePullPolicy":"Never")");
  Compare("an image that is not there and not to be pulled", "ErrImageNeverPull");
}

TEST_F(StatusTexts, OfWhatIsMissing) {
  Start();
  ApplyImage("web:1", R"(,"envFrom":[{"secretRef":{"name":"keys"}}])");
  Compare("a Secret of the environment that is not there", "CreateContainerConfigError");
  Apply(DeploymentRef("db"),
        absl::StrReplaceAll(
            DeploymentText("db", 1, "web:1", R"(,"volumeMounts":[{"name":"v","mountPath":"/v"}])"),
            {{R"("containers")",
              R"("volumes":[{"name":"v","configMap":{"name":"conf"}}],"containers")"}}),
        1);
  Compare("a ConfigMap of a volume that is not there", "SetUp failed");
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("db")}).ok());
  Apply(
      DeploymentRef("store"),
      absl::StrReplaceAll(
          DeploymentText("store", 1, "web:1", R"(,"volumeMounts":[{"name":"v","mountPath":"/v"}])"),
          {{R"("containers")",
            R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}],"containers")"}}),
      1);
  Compare("a claim that is not there", "data");
}

TEST_F(StatusTexts, OfEnds) {
  Start();
  ApplyWeb(1, 1);
  Crash(3);
  Crash(3);
  Compare("a container that ends again and again", "CrashLoopBackOff");
}

TEST_F(StatusTexts, OfWhatAContainerWroteBeforeItFailed) {
  engine_.AddImage("web:2", [](const std::string&, const engine::ContainerSpec&) {
    return engine::FakeEngine::Run{.output = "starting\nno such table: users\n", .exit_code = 3};
  });
  Start();
  ApplyImage("web:2", R"(,"terminationMessagePolicy":"FallbackToLogsOnError")");
  Compare("a container that says why it ends again and again", "CrashLoopBackOff");
}

TEST_F(StatusTexts, OfTheWantOfMemory) {
  Start();
  ApplyWeb(1, 1);
  Crash(137, true);
  Compare("a container that ran out of memory and runs again", R"("lastState":{"terminated")");
}

TEST_F(StatusTexts, OfSignals) {
  Start();
  ApplyWeb(1, 1);
  Crash(137);
  Crash(137);
  Compare("a container that is killed again and again", "CrashLoopBackOff");
}

TEST_F(StatusTexts, OfStarts) {
  engine_.SetStartError(absl::InvalidArgumentError("exec: \"serve\": not found"), ".main.");
  Start();
  ApplyWeb(1, 1);
  Compare("a command that is not there", "RunContainerError");
}

TEST_F(StatusTexts, OfContainersOfTheStart) {
  Start();
  ApplyWeb(1, 1, R"(}],"initContainers":[{"name":"first","image":"web:1")");
  ASSERT_TRUE(Soon([&] { return Running("first").size() == 1; }));
  Compare("a pod whose container of the start runs", "PodInitializing");
}

TEST_F(StatusTexts, OfProbes) {
  const std::string probe = R"(":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1})";
  SetFailing({ProbeKind::kLiveness, ProbeKind::kStartup});
  Start();
  ApplyWeb(1, 1, R"(,"livenessProbe)" + probe);
  Compare("a container that does not live", "CrashLoopBackOff");
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  ASSERT_TRUE(follower_->Until([&](const Seen& seen) { return seen.empty(); }));
  ApplyWeb(1, 1, R"(,"startupProbe)" + probe);
  Compare("a container that does not start", "CrashLoopBackOff");
}

}  // namespace
}  // namespace weft::local
