// What a pod's containers get and what becomes of them.
#include <future>

#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

using testing::HasSubstr;

// A test of the pod that a Deployment of one replica makes.
class Pods : public Programs {
 protected:
  void Make(const std::string& pod) { Accept(Deployment("web", 1, pod)); }

  static std::string Reason(const PodSeen& pod, const std::string& name = "main") {
    return json::GetString(pod.Container(name), {"state", "waiting", "reason"});
  }
  // Waits until the container has ended once and been restarted; how it ended.
  json::value FirstEnd() {
    const PodSeen pod = UntilPod("it was restarted", "web",
                                 [](const PodSeen& seen) { return seen.Restarts() >= 1; });
    const json::value container = pod.Container();
    const json::value* end = json::FindPath(container, {"lastState", "terminated"});
    if (end == nullptr) end = json::FindPath(container, {"state", "terminated"});
    return end == nullptr ? json::value() : *end;
  }
};

TEST_F(Pods, RunAndSaySo) {
  Make(Pod({"wait"}));
  UntilReady("web", 1);
  const PodSeen pod = PodsOf("web").at(0);
  EXPECT_EQ(json::GetString(pod.status, {"phase"}), "Running");
  EXPECT_NE(json::GetString(pod.status, {"podIP"}), "");
  const json::value container = pod.Container();
  EXPECT_TRUE(json::GetBool(container, {"started"}));
  EXPECT_EQ(pod.Restarts(), 0);
  EXPECT_NE(json::GetString(container, {"state", "running", "startedAt"}), "");
  EXPECT_THAT(json::GetString(container, {"image"}), HasSubstr(kImage));
}

TEST_F(Pods, ArgumentsReachTheProgramAsTheyAre) {
  Make(Pod({"say one two  three", "say $HOME \\\"quoted\\\" 'single'", "say Grüße", "wait"}));
  UntilSaid("web", {"one two  three", "$HOME \\\"quoted\\\" 'single'", "Grüße"});
}

TEST_F(Pods, ACommandTakesThePlaceOfTheImagesProgram) {
  Make(Pod({"wait"}, R"(,"command":["/pod","say commanded"])"));
  UntilSaid("web", {"commanded"});
}

TEST_F(Pods, EnvironmentIsTheContainers) {
  Make(Pod({"env A", "env EMPTY", "env NONE", "wait"},
           R"(,"env":[{"name":"A","value":"x y=z"},{"name":"EMPTY","value":""}])"));
  UntilSaid("web", {"A=x y=z", "EMPTY=", "NONE is not set"});
}

TEST_F(Pods, VariablesStandInLaterOnesAndInArguments) {
  Make(Pod({"env B", "say $(A) $(C) $$(A)", "wait"},
           R"(,"env":[{"name":"A","value":"1"},{"name":"B","value":"$(A)2"}])"));
  UntilSaid("web", {"B=12", "1 $(C) $(A)"});
}

TEST_F(Pods, EnvironmentComesFromConfigMapsAndSecrets) {
  Accept(ConfigMap("settings", R"({"level":"debug"})"));
  Accept(Object("v1", "Secret", "keys", R"("data":{"token":"aHVzaA=="})"));
  Make(Pod(
      {"env LEVEL", "env TOKEN", "wait"},
      R"(,"env":[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"name":"settings","key":"level"}}},)"
      R"({"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"keys","key":"token"}}}])"));
  UntilSaid("web", {"LEVEL=debug", "TOKEN=hush"});
}

TEST_F(Pods, WhatIsOptionalMayBeMissing) {
  Make(Pod({"env LEVEL", "wait"},
           R"(,"env":[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"name":"none","key":"level",)"
           R"("optional":true}}}],"envFrom":[{"secretRef":{"name":"none","optional":true}}])"));
  UntilSaid("web", {"LEVEL is not set"});
}

TEST_F(Pods, EnvironmentTakesAllKeysOfAConfigMap) {
  Accept(ConfigMap("settings", R"({"LEVEL":"debug","COLOUR":"blue"})"));
  Make(Pod({"env APP_LEVEL", "env APP_COLOUR", "wait"},
           R"(,"envFrom":[{"prefix":"APP_","configMapRef":{"name":"settings"}}])"));
  UntilSaid("web", {"APP_LEVEL=debug", "APP_COLOUR=blue"});
}

TEST_F(Pods, ItsOwnEnvironmentWinsOverAConfigMaps) {
  Accept(ConfigMap("settings", R"({"LEVEL":"debug"})"));
  Make(Pod(
      {"env LEVEL", "wait"},
      R"(,"env":[{"name":"LEVEL","value":"own"}],"envFrom":[{"configMapRef":{"name":"settings"}}])"));
  UntilSaid("web", {"LEVEL=own"});
}

TEST_F(Pods, KnowTheirNameNamespaceAndAddress) {
  Make(Pod({"env NAME", "env SPACE", "env ADDRESS", "wait"},
           R"(,"env":[{"name":"NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},)"
           R"({"name":"SPACE","valueFrom":{"fieldRef":{"fieldPath":"metadata.namespace"}}},)"
           R"({"name":"ADDRESS","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}])"));
  UntilReady("web", 1);
  const PodSeen pod = PodsOf("web").at(0);
  UntilSaid("web", {"NAME=" + pod.name, "SPACE=" + ns_,
                    "ADDRESS=" + json::GetString(pod.status, {"podIP"})});
}

TEST_F(Pods, WaitForAConfigMapThatIsMissingAndSayWhich) {
  Make(Pod(
      {"env LEVEL", "wait"},
      R"(,"env":[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"name":"settings","key":"level"}}}])"));
  const PodSeen pod = UntilPod("it says what is missing", "web", [](const PodSeen& seen) {
    return Reason(seen) == "CreateContainerConfigError";
  });
  EXPECT_THAT(json::GetString(pod.Container(), {"state", "waiting", "message"}),
              HasSubstr("settings"));
  Accept(ConfigMap("settings", R"({"level":"late"})"));
  UntilSaid("web", {"LEVEL=late"});
}

TEST_F(Pods, WaitForAKeyThatIsMissingAndSayWhich) {
  Accept(ConfigMap("settings", R"({"other":"1"})"));
  Make(Pod(
      {"wait"},
      R"(,"env":[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"name":"settings","key":"level"}}}])"));
  const PodSeen pod = UntilPod("it says what is missing", "web", [](const PodSeen& seen) {
    return Reason(seen) == "CreateContainerConfigError";
  });
  EXPECT_THAT(json::GetString(pod.Container(), {"state", "waiting", "message"}),
              HasSubstr("level"));
}

TEST_F(Pods, AnImageThatCannotBePulledIsSaidByName) {
  Make(R"({"containers":[{"name":"main","image":"127.0.0.1:9/none/such:1"}]})");
  const PodSeen pod = UntilPod("it cannot be pulled", "web", [](const PodSeen& seen) {
    return Reason(seen) == "ErrImagePull" || Reason(seen) == "ImagePullBackOff";
  });
  EXPECT_EQ(json::GetString(pod.status, {"phase"}), "Pending");
  EXPECT_THAT(json::GetString(pod.Container(), {"state", "waiting", "message"}),
              HasSubstr("none/such:1"));
}

TEST_F(Pods, AContainerThatEndsWellIsRestarted) {
  Make(Pod({"say again", "exit 0"}));
  const json::value end = FirstEnd();
  EXPECT_EQ(json::GetInt(end, {"exitCode"}, -1), 0);
  EXPECT_EQ(json::GetString(end, {"reason"}), "Completed");
}

TEST_F(Pods, AContainerThatFailsIsRestartedAndItsEndIsTold) {
  Make(Pod({"exit 3"}));
  const json::value end = FirstEnd();
  EXPECT_EQ(json::GetInt(end, {"exitCode"}, -1), 3);
  EXPECT_EQ(json::GetString(end, {"reason"}), "Error");
  EXPECT_NE(json::GetString(end, {"finishedAt"}), "");
}

TEST_F(Pods, AContainerThatASignalEndsTellsItsNumber) {
  Make(Pod({"crash"}));
  EXPECT_EQ(json::GetInt(FirstEnd(), {"exitCode"}, -1), 139);
}

TEST_F(Pods, AContainerBeyondItsMemoryIsEndedAndThatIsSaid) {
  WEFT_NEEDS(kMemory);
  Make(Pod({"eat 200"}, R"(,"resources":{"limits":{"memory":"64Mi"}})"));
  const json::value end = FirstEnd();
  EXPECT_EQ(json::GetInt(end, {"exitCode"}, -1), 137);
  EXPECT_EQ(json::GetString(end, {"reason"}), "OOMKilled");
}

TEST_F(Pods, OneThatCrashesAgainAndAgainBacksOff) {
  Make(Pod({"exit 1"}));
  UntilPod("it backs off", "web",
           [](const PodSeen& pod) { return Reason(pod) == "CrashLoopBackOff"; });
}

TEST_F(Pods, ARestartIsInTheSamePod) {
  Make(Pod({"once /left 4", "say second", "wait"}));
  UntilPod("it was restarted", "web", [](const PodSeen& pod) { return pod.Restarts() >= 1; });
  EXPECT_EQ(PodsOf("web").size(), 1u);
}

TEST_F(Pods, ContainersOfTheStartRunInOrderBeforeTheOthers) {
  Make(PodOf({Container({"say main", "wait"})},
             absl::StrCat(R"(,"initContainers":[)", Container({"say first"}, "", "first"), ",",
                          Container({"say second"}, "", "second"), "]")));
  UntilReady("web", 1);
  const PodSeen pod = PodsOf("web").at(0);
  const auto time = [&](const char* name, const char* state, const char* what) {
    return json::GetString(pod.Container(name), {"state", state, what});
  };
  EXPECT_NE(time("first", "terminated", "finishedAt"), "");
  EXPECT_LE(time("first", "terminated", "finishedAt"), time("second", "terminated", "startedAt"));
  EXPECT_LE(time("second", "terminated", "finishedAt"), time("main", "running", "startedAt"));
  UntilSaid("web", {"first"}, "Deployment", "first");
  UntilSaid("web", {"second"}, "Deployment", "second");
  UntilSaid("web", {"main"}, "Deployment", "main");
}

TEST_F(Pods, AContainerOfTheStartThatFailsHoldsTheOthersBack) {
  Make(PodOf({Container({"wait"})},
             absl::StrCat(R"(,"initContainers":[)", Container({"exit 5"}, "", "first"), "]")));
  const PodSeen pod = UntilPod("the first was restarted", "web",
                               [](const PodSeen& seen) { return seen.Restarts("first") >= 1; });
  EXPECT_EQ(json::GetString(pod.status, {"phase"}), "Pending");
  EXPECT_EQ(json::GetString(pod.Container(), {"containerID"}), "");
}

TEST_F(Pods, SeveralContainersAreReadyTogether) {
  Make(PodOf({Container({"serve 8080"}), Container({"wait"}, "", "helper")}));
  UntilReady("web", 1);
  const PodSeen pod = PodsOf("web").at(0);
  EXPECT_TRUE(json::GetBool(pod.Container("main"), {"ready"}));
  EXPECT_TRUE(json::GetBool(pod.Container("helper"), {"ready"}));
}

TEST_F(Pods, OneContainerThatFailsIsRestartedAlone) {
  Make(PodOf({Container({"wait"}), Container({"exit 2"}, "", "helper")}));
  const PodSeen pod = UntilPod("the helper was restarted", "web",
                               [](const PodSeen& seen) { return seen.Restarts("helper") >= 1; });
  EXPECT_EQ(pod.Restarts("main"), 0);
}

TEST_F(Pods, ContainersOfOnePodReachEachOtherAtTheLoopback) {
  WEFT_NEEDS(kNetwork);
  Make(PodOf({Container({"serve 8080"}), Container({"get 127.0.0.1:8080", "wait"}, "", "helper")}));
  UntilReady("web", 1);
  const std::string name = PodsOf("web").at(0).name;
  UntilSaid("web", {name}, "Deployment", "helper");
}

TEST_F(Pods, RunAsTheUserThatIsSaid) {
  Make(Pod({"id", "wait"}, R"(,"securityContext":{"runAsUser":1000,"runAsGroup":2000})"));
  UntilSaid("web", {"1000:2000"});
}

TEST_F(Pods, WorkInTheDirectoryThatIsSaid) {
  Make(Pod({"where", "wait"}, R"(,"workingDir":"/tmp")"));
  UntilSaid("web", {"/tmp"});
}

TEST_F(Pods, CannotWriteToAReadOnlyRoot) {
  Make(Pod({"write /x y", "wait"}, R"(,"securityContext":{"readOnlyRootFilesystem":true})"));
  UntilSaid("web", {"cannot write /x"});
}

TEST_F(Pods, AnEmptyDirectoryIsSharedByTheContainers) {
  WEFT_NEEDS(kFiles);
  Make(PodOf({Container({"follow /in/note"}, R"(,"volumeMounts":[{"name":"v","mountPath":"/in"}])"),
              Container({"write /out/note hello", "wait"},
                        R"(,"volumeMounts":[{"name":"v","mountPath":"/out"}])", "helper")},
             R"(,"volumes":[{"name":"v","emptyDir":{}}])"));
  UntilSaid("web", {"hello"}, "Deployment", "main");
}

TEST_F(Pods, AnEmptyDirectoryOutlivesARestart) {
  WEFT_NEEDS(kFiles);
  Make(PodWithVolume({"once /v/left 4", "say second", "wait"}, "/v", R"("emptyDir":{})"));
  UntilSaid("web", {"second"});
}

TEST_F(Pods, AConfigMapIsFiles) {
  WEFT_NEEDS(kFiles);
  Accept(ConfigMap("settings", R"({"app.conf":"level=1","other":"x"})"));
  Make(PodWithVolume({"show /etc/app/app.conf", "show /etc/app/other", "wait"}, "/etc/app",
                     R"("configMap":{"name":"settings"})"));
  UntilSaid("web", {"level=1", "x"});
}

TEST_F(Pods, OnlyTheItemsThatAreNamedAreFiles) {
  WEFT_NEEDS(kFiles);
  Accept(ConfigMap("settings", R"({"a":"1","b":"2"})"));
  Make(
      PodWithVolume({"show /c/sub/a.txt", "show /c/b", "wait"}, "/c",
                    R"("configMap":{"name":"settings","items":[{"key":"a","path":"sub/a.txt"}]})"));
  UntilSaid("web", {"1", "no /c/b"});
}

TEST_F(Pods, ASecretIsFiles) {
  WEFT_NEEDS(kFiles);
  Accept(Object("v1", "Secret", "keys", R"("data":{"token":"aHVzaA=="})"));
  Make(PodWithVolume({"show /s/token", "wait"}, "/s", R"("secret":{"secretName":"keys"})"));
  UntilSaid("web", {"hush"});
}

TEST_F(Pods, AChangedConfigMapReachesTheFiles) {
  WEFT_NEEDS(kFiles);
  Accept(ConfigMap("settings", R"({"level":"one"})"));
  Make(PodWithVolume({"follow /c/level"}, "/c", R"("configMap":{"name":"settings"})"));
  UntilSaid("web", {"one"});
  Accept(ConfigMap("settings", R"({"level":"two"})"));
  UntilSaid("web", {"one", "two"});
}

TEST_F(Pods, AVolumeWhoseConfigMapIsMissingIsWaitedFor) {
  WEFT_NEEDS(kFiles);
  Make(PodWithVolume({"show /c/level", "wait"}, "/c", R"("configMap":{"name":"settings"})"));
  Until("it is there", [&] { return PodsOf("web").size() == 1; });
  AllTheTime(absl::Seconds(1), [&] {
    const std::vector<PodSeen> pods = PodsOf("web");
    return pods.size() == 1 && !pods[0].Runs();
  });
  EXPECT_EQ(Reason(PodsOf("web").at(0)), "ContainerCreating");
  Accept(ConfigMap("settings", R"({"level":"late"})"));
  UntilSaid("web", {"late"});
}

TEST_F(Pods, LogsAreBothStreams) {
  Make(Pod({"say out", "complain err", "wait"}));
  UntilSaid("web", {"out", "err"});
}

TEST_F(Pods, LogsGiveTheLastLines) {
  Make(Pod({"say one", "say two", "say three", "wait"}));
  UntilSaid("web", {"one", "two", "three"});
  runtime::v1::LogsRequest request;
  request.set_tail_lines(2);
  EXPECT_EQ(Logs(PodsOf("web").at(0).name, request).value_or(""), "two\nthree\n");
}

TEST_F(Pods, LogsOfTheRunBefore) {
  Make(PodWithVolume({"say here", "once /v/left 3", "say second", "wait"}, "/v",
                     R"("emptyDir":{})"));
  UntilSaid("web", {"here", "second"});
  runtime::v1::LogsRequest request;
  request.set_previous(true);
  EXPECT_EQ(Logs(PodsOf("web").at(0).name, request).value_or(""), "here\n");
}

TEST_F(Pods, TheStatusSaysWhatAContainerWroteBeforeItFailed) {
  Make(Pod({"say starting", "say no such table", "exit 3"},
           R"(,"terminationMessagePolicy":"FallbackToLogsOnError")"));
  EXPECT_EQ(json::GetString(FirstEnd(), {"message"}), "starting\nno such table\n");
}

TEST_F(Pods, TheStatusSaysThatAPortIsTaken) {
  WEFT_NEEDS(kNetwork);
  const std::string tells = R"(,"terminationMessagePolicy":"FallbackToLogsOnError")";
  Make(PodOf({Container({"serve 8080"}, tells, "one"), Container({"serve 8080"}, tells, "other")}));
  std::string message;  // Of whichever came second.
  Until("one of them says so", [&] {
    for (const PodSeen& pod : PodsOf("web"))
      for (const char* name : {"one", "other"})
        for (const char* state : {"state", "lastState"})
          if (const std::string said =
                  json::GetString(pod.Container(name), {state, "terminated", "message"});
              !said.empty())
            message = said;
    return !message.empty();
  });
  EXPECT_EQ(message, "listen: Address already in use\n");
}

TEST_F(Pods, TheStatusDoesNotSayWhatItWroteUnlessAsked) {
  Make(Pod({"say something secret", "exit 3"}));
  EXPECT_EQ(json::GetString(FirstEnd(), {"message"}), "");
}

TEST_F(Pods, LogsOfWhatIsNotThereAreNotFound) {
  Make(Pod({"say here", "wait"}));
  UntilSaid("web", {"here"});
  EXPECT_TRUE(absl::IsNotFound(Logs("nobody").status()));
  runtime::v1::LogsRequest request;
  request.set_container("nobody");
  EXPECT_TRUE(absl::IsNotFound(Logs(PodsOf("web").at(0).name, request).status()));
  runtime::v1::LogsRequest previous;
  previous.set_previous(true);
  EXPECT_TRUE(absl::IsNotFound(Logs(PodsOf("web").at(0).name, previous).status()));
}

TEST_F(Pods, AnImageThatIsThereNeedsNoPullSecret) {
  Make(PodOf({Container({"say here", "wait"})}, R"(,"imagePullSecrets":[{"name":"nobodys"}])"));
  UntilSaid("web", {"here"});
}

TEST_F(Pods, FollowedLogsEndWithThePod) {
  const auto web = Deployment("web", 1, Pod({"say here", "wait"}));
  Accept(web);
  UntilSaid("web", {"here"});
  runtime::v1::LogsRequest request;
  request.set_follow(true);
  std::future<absl::StatusOr<std::string>> followed = std::async(
      std::launch::async, [&, name = PodsOf("web").at(0).name] { return Logs(name, request); });
  EXPECT_EQ(followed.wait_for(std::chrono::seconds(1)), std::future_status::timeout)
      << "it goes on while the pod does";
  EXPECT_TRUE(Delete(web).ok());
  const absl::StatusOr<std::string> said = followed.get();
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_THAT(*said, HasSubstr("here\n"));
}

}  // namespace
}  // namespace weft::conformance
