// The status of a pod: Kubernetes API, core/v1 PodStatus, ContainerStatus and ContainerState.
#include <algorithm>
#include <csignal>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "runtime/local/pod.h"

namespace weft::local {
namespace {

// So many runs that ended soon show that it is not by chance.
constexpr int kCrashes = 3;

json::object WaitingState(const std::string& reason, const std::string& message) {
  json::object waiting = {{"reason", reason}};
  if (!message.empty()) waiting["message"] = message;
  return {{"waiting", std::move(waiting)}};
}

// Source: the shell's exit codes of processes that a signal ended, which engines use as well.
int SignalOf(const engine::Container& c) {
  return c.exit_code > 128 && c.exit_code < 128 + NSIG ? static_cast<int>(c.exit_code) - 128 : 0;
}

// `ended_for`: why the runtime ended it, if it did.
json::object Terminated(const Run& run, const std::string& ended_for) {
  const engine::Container& c = run.container;
  json::object terminated = {{"exitCode", c.exit_code},
                             {"reason", c.out_of_memory        ? "OOMKilled"
                                        : c.state == "created" ? "StartError"
                                        : c.exit_code == 0     ? "Completed"
                                                               : "Error"},
                             {"startedAt", c.started_at},
                             {"finishedAt", c.finished_at}};
  if (const int signal = SignalOf(c); signal != 0) terminated["signal"] = signal;
  for (const std::string* why : {&ended_for, &c.error, &run.output}) {
    if (why->empty()) continue;
    terminated["message"] = *why;
    break;
  }
  return {{"terminated", std::move(terminated)}};
}

std::string EndInWords(const engine::Container& c) {
  if (c.out_of_memory) return "it ran out of memory";
  if (const int signal = SignalOf(c); signal != 0)
    return absl::StrCat("it was ended by SIG", sigabbrev_np(signal));
  return absl::StrCat("it ended with exit code ", c.exit_code);
}

json::object CrashLoop(const Member& member, absl::Time now) {
  const Run& run = member.run;
  // While it runs, but is not trusted, what it waited for is over.
  const engine::Container& ended =
      Ended(member) || !member.previous.has_value() ? run.container : member.previous->container;
  const std::string& why = Ended(member) ? member.ended_for : run.ended_for;
  const std::string back_off =
      Ended(member)
          ? absl::StrCat("back-off ", absl::FormatDuration(RestartOf(run, now).back_off), ": ")
          : "";
  return WaitingState("CrashLoopBackOff",
                      absl::StrCat(back_off, why.empty() ? EndInWords(ended) : why, ", restarted ",
                                   run.number, run.number == 1 ? " time" : " times"));
}

json::object State(const Member& member, bool initializing, absl::Time now) {
  const engine::Container& c = member.run.container;
  if (!member.waiting.reason.empty())
    return WaitingState(member.waiting.reason, member.waiting.message);
  if (Completed(member) && member.init) return Terminated(member.run, "");
  if (IsCrashLooping(member, now)) return CrashLoop(member, now);
  if (c.state == "running" || c.state == "paused")
    return {{"running", json::object{{"startedAt", c.started_at}}}};
  if (Ended(member)) return Terminated(member.run, member.ended_for);
  return WaitingState(initializing && !member.init ? "PodInitializing" : "ContainerCreating", "");
}

// `initializing`: containers of the start are not through.
json::object ContainerStatus(const Member& member, bool initializing, absl::Time now) {
  const engine::Container& c = member.run.container;
  const bool ready = member.init ? Completed(member) : member.readiness == Readiness::kReady;
  json::object status = {{"name", member.name},
                         {"image", c.image},
                         {"ready", ready},
                         {"restartCount", member.run.number},
                         {"started", member.started},
                         {"state", State(member, initializing, now)}};
  if (!c.id.empty()) status["containerID"] = "docker://" + c.id;
  if (Ended(member) && !status.at("state").as_object().contains("terminated")) {
    status["lastState"] = Terminated(member.run, member.ended_for);
  } else if (member.previous.has_value()) {
    status["lastState"] = Terminated(*member.previous, member.run.ended_for);
  }
  return status;
}

const char* NameOf(Phase phase) {
  switch (phase) {
    case Phase::kPending:
      return "Pending";
    case Phase::kRunning:
      return "Running";
    case Phase::kSucceeded:
      return "Succeeded";
    case Phase::kFailed:
      break;
  }
  return "Failed";
}

}  // namespace

bool IsCrashLooping(const Member& member, absl::Time now) {
  const Run& run = member.run;
  if (Ended(member)) return !EndedForGood(member) && RestartOf(run, now).at > now;
  return run.crashes >= kCrashes && run.container.state == "running" &&
         now - TimeOf(run.container.started_at) < kTrustedAfter;
}

std::string PodStatusJson(const Pod& pod, absl::Time now) {
  const bool ready = pod.readiness() == Readiness::kReady;
  const bool initializing = NextInit(pod) != nullptr;
  json::array init, containers;
  json::object status;
  for (const Member& member : pod.members) {
    (member.init ? init : containers).push_back(ContainerStatus(member, initializing, now));
    if (member.complaint.empty() || status.contains("reason")) continue;
    status["reason"] = "Unhealthy";  // As the kubelet calls a probe that fails.
    status["message"] = absl::StrCat("readiness probe failed: ", member.complaint);
  }
  status["phase"] = NameOf(PhaseOf(pod));
  status["containerStatuses"] = std::move(containers);
  if (!init.empty()) status["initContainerStatuses"] = std::move(init);
  status["conditions"] =
      json::array{json::object{{"type", "Ready"}, {"status", ready ? "True" : "False"}}};
  if (!pod.address.empty()) status["podIP"] = pod.address;
  return json::Canonical(status);
}

}  // namespace weft::local
