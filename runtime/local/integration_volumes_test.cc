#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <csignal>
#include <filesystem>

#include "runtime/local/integration_fixture.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

// Two containers that share a directory; the first one, which is nobody, reads a ConfigMap, one
// file of it by itself, and a Secret.
constexpr char kReader[] = R"j({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{
    "metadata":{"labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":1,
    "securityContext":{"runAsUser":65534},
    "volumes":[{"name":"conf","configMap":{"name":"settings"}},
               {"name":"keys","secret":{"secretName":"keys","items":[{"key":"token","path":"d/t"}]}},
               {"name":"shared","emptyDir":{}},
               {"name":"fast","emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}}],
    "containers":[
    {"name":"main","image":"test/busybox:1","command":["/bin/sh","-c"],
     "args":["trap 'exit 0' TERM; busybox cat /conf/mode > /shared/mode && busybox sleep 100000 & wait"],
     "volumeMounts":[{"name":"conf","mountPath":"/conf"},{"name":"keys","mountPath":"/keys"},
       {"name":"conf","mountPath":"/www/mode.txt","subPath":"mode"},
       {"name":"shared","mountPath":"/shared"},{"name":"fast","mountPath":"/fast"}]},
    {"name":"side","image":"test/busybox:1","command":["/bin/busybox","sleep","100000"],
     "volumeMounts":[{"name":"shared","mountPath":"/in","readOnly":true}],
     "readinessProbe":{"periodSeconds":1,"exec":{"command":["/bin/busybox","test","-s","/in/mode"]}}}
    ]}}}})j";

std::string Settings(const std::string& mode) {
  return absl::StrCat(R"({"apiVersion":"v1","kind":"ConfigMap",
      "metadata":{"name":"settings","namespace":"default"},"data":{"mode":")",
                      mode, R"("}})");
}

constexpr char kKeys[] = R"({"apiVersion":"v1","kind":"Secret",
    "metadata":{"name":"keys","namespace":"default"},"data":{"token":"YWJj"}})";

class Volumes : public RealRuntime {
 protected:
  static bool IsReady(const Projections& now) { return ReadyPods(now, "web").size() == 1; }

  // What a shell in the first container of the only pod says.
  std::string Say(const std::string& command) {
    const auto containers = engine().ListContainers({{kContainerLabel, "main"}});
    for (const engine::ContainerSummary& summary : *containers) {
      const auto container = engine().InspectContainer(summary.id);
      if (!container.ok() || container->state != "running") continue;
      const auto said = engine().Exec(summary.id, {"/bin/sh", "-c", command}, absl::Seconds(10));
      return said.ok() ? said->output : std::string(said.status().message());
    }
    return "no container runs";
  }
  // No projection tells of what files hold.
  bool ComesToSay(const std::string& command, const std::string& text) {
    const absl::Time limit = absl::Now() + absl::Seconds(40);
    while (Say(command) != text)
      if (absl::Now() > limit) return false;
    return true;
  }
  size_t VolumesOnDisk() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data_ + "/engine/data/volumes"))
      count += entry.is_directory() ? 1 : 0;
    return count;
  }
  std::string Sandbox() {
    const auto containers = engine().ListContainers({});
    for (const engine::ContainerSummary& summary : *containers)
      if (summary.labels.contains(kRulesLabel)) return summary.id;
    return "";
  }
  void Kill(const std::string& id) {
    ASSERT_EQ(kill(static_cast<pid_t>(engine().InspectContainer(id)->pid), SIGKILL), 0);
  }
};

TEST_F(Volumes, HoldWhatObjectsSayAndGoWithTheirPod) {
  ImportBusybox();
  Apply({kReader}, 1);
  WaitFor([](const Projections& now) {
    const auto pod = now.lower_bound("Pod/");
    return pod != now.end() &&
           absl::StrContains(pod->second.status(), R"(configmap \"settings\" not found)");
  });
  Apply({Settings("fast"), kKeys}, 1);
  WaitFor(IsReady);
  EXPECT_EQ(Say("busybox cat /conf/mode /www/mode.txt /keys/d/t /shared/mode"), "fastfastabcfast");
  EXPECT_EQ(Say("busybox cat /www/index.html").empty(), false) << "what else is there stays";
  EXPECT_EQ(Say("for d in /conf /keys /fast; do busybox grep -q \" $d tmpfs\" /proc/mounts || "
                "echo $d is on a disk; done"),
            "");
  EXPECT_EQ(Say("for f in /conf/x /keys/x /www/mode.txt; do echo > $f && echo $f is written; done "
                "2>/dev/null; echo > /fast/x && echo done"),
            "done\n");
  EXPECT_THAT(Say("busybox dd if=/dev/zero of=/fast/big bs=1M count=2 2>&1"),
              testing::HasSubstr("No space left"));

  Apply({Settings("slow")}, 2);
  EXPECT_TRUE(ComesToSay("busybox cat /conf/mode", "slow"));
  EXPECT_EQ(Say("busybox cat /www/mode.txt"), "fast") << "as it was when the container started";
  EXPECT_EQ(Say("busybox ls -A /conf | busybox wc -l"), "3\n") << "nothing old is left";

  Delete({{"apps/v1", "Deployment", "default", "web"}});
  WaitFor([](const Projections& now) { return now.count("Deployment/default/web") == 0; });
  EXPECT_TRUE(engine().ListContainers({{kControllerLabel, "Deployment/web"}})->empty());
  EXPECT_EQ(VolumesOnDisk(), 0u);
}

TEST_F(Volumes, OutliveContainersAndTheRuntimeAndComeBackWithTheSandbox) {
  ImportBusybox();
  Apply({Settings("fast"), kKeys, kReader}, 1);
  WaitFor(IsReady);
  EXPECT_EQ(Say("echo mine > /shared/note; echo mine > /fast/note"), "");
  const auto is_back = [&](const std::string& count) {
    return [&, count](const Projections& now) {
      const auto pod = now.lower_bound("Pod/");
      return IsReady(now) &&
             absl::StrContains(pod->second.status(), absl::StrCat("\"restartCount\":", count));
    };
  };
  Kill(engine().ListContainers({{kContainerLabel, "main"}})->at(0).id);
  WaitFor(is_back("1"));
  EXPECT_EQ(Say("busybox cat /shared/note /fast/note"), "mine\nmine\n");
  const std::vector<std::string> runs = Runs(WaitFor(IsReady), "web");
  KillRuntime();
  StartRuntime();
  Apply({Settings("slow")}, 2);
  EXPECT_TRUE(ComesToSay("busybox cat /conf/mode", "slow"));
  EXPECT_EQ(Runs(WaitFor(IsReady), "web"), runs);
  // With the sandbox all containers of the pod are made anew, and what was in memory is gone.
  Kill(Sandbox());
  WaitFor(is_back("2"));
  EXPECT_EQ(Say("busybox cat /conf/mode /keys/d/t /shared/note"), "slowabcmine\n");
}

constexpr char kClaim[] = R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",
    "metadata":{"name":"data","namespace":"default"},
    "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}})";

// Nobody, who keeps what it is told.
constexpr char kKeeper[] = R"j({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{
    "metadata":{"labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":1,
    "securityContext":{"runAsUser":65534},
    "volumes":[{"name":"kept","persistentVolumeClaim":{"claimName":"data"}}],
    "containers":[{"name":"main","image":"test/busybox:1","command":["/bin/busybox","sleep","100000"],
     "volumeMounts":[{"name":"kept","mountPath":"/data"}]}]}}}})j";

TEST_F(Volumes, OfAClaimKeepWhatIsWrittenUntilTheClaimIsDeleted) {
  const auto web_is_gone = [](const Projections& now) {
    return now.count("Deployment/default/web") == 0;
  };
  ImportBusybox();
  Apply({kClaim, kKeeper}, 1);
  WaitFor(IsReady);
  EXPECT_EQ(Say("busybox chmod 700 /data 2>&1; echo mine > /data/note"),
            "chmod: /data: Operation not permitted\n");
  Delete({{"apps/v1", "Deployment", "default", "web"}});
  WaitFor(web_is_gone);
  EXPECT_TRUE(engine().ListContainers({{kControllerLabel, "Deployment/web"}})->empty());
  EXPECT_EQ(VolumesOnDisk(), 1u);
  KillRuntime();
  StartRuntime();
  Apply({kKeeper}, 2);
  WaitFor(IsReady);
  EXPECT_EQ(Say("busybox cat /data/note"), "mine\n");
  Delete({{"v1", "PersistentVolumeClaim", "default", "data"}});
  WaitFor([](const Projections& now) {
    return now.at("PersistentVolumeClaim/default/data").deleting();
  });
  EXPECT_EQ(Say("busybox cat /data/note"), "mine\n") << "as long as a pod has it";
  Delete({{"apps/v1", "Deployment", "default", "web"}});
  WaitFor([](const Projections& now) { return now.empty(); });
  EXPECT_EQ(VolumesOnDisk(), 0u);
}

}  // namespace
}  // namespace weft::local
