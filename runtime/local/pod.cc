#include "runtime/local/pod.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/anchor/service_network.h"
#include "runtime/local/names.h"
#include "runtime/local/volumes.h"

namespace weft::local {
namespace {

// Where a provider's container finds its identity.
constexpr char kIdentityTarget[] = "/etc/weft/tls";

// The kernel's unit of CPU weight against which one CPU is 1024. Source: Docker, --cpu-shares.
int64_t CpuShares(int64_t milli) {
  return milli == 0 ? 0 : std::max<int64_t>(2, milli * 1024 / 1000);
}

// Source: the kubelet, containerLogMaxSize.
constexpr int64_t kLogBytes = int64_t{10} << 20;

// Source: the kubelet's back-off of containers.
constexpr absl::Duration kFirstBackOff = absl::Seconds(10);
constexpr absl::Duration kLongestBackOff = absl::Minutes(5);
constexpr absl::Duration kForgottenAfter = absl::Minutes(10);

// Docker refuses less, as a reservation and as a limit.
int64_t MemoryAtLeast(int64_t bytes) {
  return bytes == 0 ? 0 : std::max<int64_t>(bytes, int64_t{6} << 20);
}

std::string LabelOf(const engine::Labels& labels, const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? "" : found->second;
}

int NumberOf(const engine::Labels& labels, const char* key) {
  int number = 0;
  return absl::SimpleAtoi(LabelOf(labels, key), &number) ? number : 0;
}

// What tells everything on the engine that belongs to a pod.
engine::Labels LabelsOf(const std::string& installation, const Pod& pod) {
  return {{kInstallationLabel, installation},
          {kNamespaceLabel, pod.ns},
          {kControllerLabel, pod.controller},
          {kPodLabel, pod.name}};
}

std::vector<Member> MembersOf(const PodRules& rules) {
  std::vector<Member> members;
  for (const std::string& name : rules.init_containers)
    members.push_back({.name = name, .init = true, .restart = rules.restart});
  for (const PodRules::Member& container : rules.containers)
    members.push_back({.name = container.name,
                       .restart = rules.restart,
                       .probes = container.probes,
                       .pre_stop = container.pre_stop});
  return members;
}

std::optional<Pod> PodFromSandbox(const std::string& installation,
                                  const engine::Container& container) {
  Pod pod;
  pod.ns = LabelOf(container.labels, kNamespaceLabel);
  pod.controller = LabelOf(container.labels, kControllerLabel);
  pod.name = LabelOf(container.labels, kPodLabel);
  pod.template_hash = LabelOf(container.labels, kTemplateLabel);
  if (pod.controller.empty() || container.name != SandboxName(installation, pod.ns, pod.name))
    return std::nullopt;
  pod.labels = container.labels;
  pod.rules = PodRulesFromJson(LabelOf(container.labels, kRulesLabel));
  pod.members = MembersOf(pod.rules);
  pod.sandbox = container;
  pod.address = AddressOn(NetworkName(installation, pod.ns), container);
  return pod;
}

// Keeps the last two runs of each container.
void AddRun(Run run, Member& member, std::vector<std::string>& stale) {
  if (member.run.container.id.empty()) {
    member.run = std::move(run);
    return;
  }
  if (run.number > member.run.number) std::swap(run, member.run);
  if (!member.previous.has_value()) {
    member.previous = std::move(run);
    return;
  }
  if (run.number > member.previous->number) std::swap(run, *member.previous);
  stale.push_back(run.container.id);
}

// It began since the sandbox did last. The label counts whatever the clock does; one that was
// started again by itself has joined later.
bool Joined(const Pod& pod, const engine::Container& run) {
  return LabelOf(run.labels, kJoinedLabel) == pod.sandbox.started_at ||
         TimeOf(run.started_at) >= TimeOf(pod.sandbox.started_at);
}

}  // namespace

std::string RunKey(const engine::Container& container) {
  return absl::StrCat(container.id, " ", container.started_at);
}

int PortNumber(const PortRef& port, const Pod& pod) {
  if (port.number != 0) return port.number;
  const auto named = pod.rules.ports.find(port.name);
  return named == pod.rules.ports.end() ? 0 : named->second;
}

absl::Time TimeOf(const std::string& text) {
  absl::Time time;
  return absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) ? time : absl::InfinitePast();
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

std::string AddressOn(const std::string& network, const engine::Container& container) {
  const auto address = container.addresses.find(network);
  return container.state == "running" && address != container.addresses.end() ? address->second
                                                                              : "";
}

Pod PlannedPod(const ObjectRef& controller, const PodTemplate& pod_template, int index) {
  return PlannedPod(controller, pod_template, PodName(controller.name, pod_template.hash, index));
}

Pod PlannedPod(const ObjectRef& controller, const PodTemplate& pod_template, std::string name) {
  Pod pod;
  pod.ns = controller.ns;
  pod.controller = ControllerOf(LocalKey(controller));
  pod.name = std::move(name);
  pod.template_hash = pod_template.hash;
  pod.labels = pod_template.labels;
  pod.rules = RulesOf(pod_template);
  pod.members = MembersOf(pod.rules);
  return pod;
}

std::string IdentityOf(const ObjectRef& controller, const PodTemplate& pod) {
  return controller.ns == kSystemNamespace ? LabelOf(pod.labels, kProviderLabel) : "";
}

engine::ContainerSpec SandboxSpecFor(const std::string& installation,
                                     const PodTemplate& pod_template, const Pod& pod,
                                     const std::string& image) {
  engine::ContainerSpec sandbox;
  sandbox.name = SandboxName(installation, pod.ns, pod.name);
  sandbox.image = image;
  sandbox.hostname = pod.name;
  sandbox.labels = LabelsOf(installation, pod);
  sandbox.labels.insert(pod_template.labels.begin(), pod_template.labels.end());
  sandbox.labels[kTemplateLabel] = pod.template_hash;
  sandbox.labels[kRulesLabel] = PodRulesToJson(pod.rules);
  sandbox.stop_grace_seconds = 1;
  sandbox.network = NetworkName(installation, pod.ns);
  sandbox.aliases = {pod.name};
  if (!pod_template.subdomain.empty())
    for (std::string& name :
         anchor::NamesOf(absl::StrCat(pod.name, ".", pod_template.subdomain), pod.ns))
      sandbox.aliases.push_back(std::move(name));
  // What is read from the store is nowhere on a disk.
  for (const Volume& volume : pod.rules.volumes)
    sandbox.volumes.push_back(
        {.volume = volume.claim.empty() ? "" : ClaimVolumeName(installation, pod.ns, volume.claim),
         .target = VolumePath(volume.name),
         .memory = volume.memory || !volume.kind.empty(),
         .memory_bytes = volume.memory_bytes});
  return sandbox;
}

engine::ContainerSpec RunSpecFor(const std::string& installation, const PodContainer& container,
                                 const RunText& text, const Pod& pod, const Run& next,
                                 const std::string& identity) {
  engine::ContainerSpec run;
  run.name = RunName(installation, pod.ns, pod.name, container.name, next.number);
  run.image = container.image;
  run.entrypoint = text.command;
  run.command = text.args;
  for (const auto& [name, value] : text.environment)
    run.environment.push_back(absl::StrCat(name, "=", value));
  run.labels = LabelsOf(installation, pod);
  run.labels[kContainerLabel] = container.name;
  run.labels[kRunLabel] = std::to_string(next.number);
  run.labels[kJoinedLabel] = pod.sandbox.started_at;
  run.labels[kCrashesLabel] = std::to_string(next.crashes);
  if (!next.ended_for.empty()) run.labels[kEndedForLabel] = next.ended_for;
  if (container.tells_output) run.labels[kTellOutputLabel] = "true";
  run.cpu_shares = CpuShares(container.cpu_milli);
  run.memory_reservation = MemoryAtLeast(container.memory_bytes);
  run.cpu_limit_milli = container.cpu_limit_milli;
  run.memory_limit = MemoryAtLeast(container.memory_limit_bytes);
  run.working_directory = container.working_directory;
  const Security& security = container.security;
  if (security.user.has_value()) run.user = std::to_string(*security.user);
  if (security.group.has_value()) absl::StrAppend(&run.user, ":", *security.group);
  run.read_only_root = security.read_only_root;
  run.no_new_privileges = security.no_new_privileges;
  run.capabilities_add = security.add;
  run.capabilities_drop = security.drop;
  run.log_bytes = kLogBytes;
  run.stop_grace_seconds = pod.rules.grace_seconds;
  run.network_of = pod.sandbox.id;
  for (const VolumeMount& mount : container.mounts) {
    const auto volume = pod.sandbox.volumes.find(VolumePath(mount.volume));
    if (volume == pod.sandbox.volumes.end()) continue;  // Admission has seen that there is one.
    if (mount.file.empty())
      run.volumes.push_back(
          {.volume = volume->second.name, .target = mount.path, .read_only = mount.read_only});
    else
      run.binds.push_back({absl::StrCat(volume->second.path, "/", mount.file), mount.path});
  }
  if (!identity.empty()) {
    run.binds.push_back({identity, kIdentityTarget});
    run.environment.push_back(absl::StrCat("WEFT_TLS_DIR=", kIdentityTarget));
  }
  return run;
}

Assembled AssemblePods(const std::string& installation,
                       const std::vector<engine::Container>& containers) {
  Assembled assembled;
  std::vector<const engine::Container*> others;  // That bear a pod's labels.
  for (const engine::Container& container : containers) {
    if (LabelOf(container.labels, kInstallationLabel) != installation) continue;
    std::optional<Pod> pod = PodFromSandbox(installation, container);
    if (pod.has_value() && !pod->members.empty()) {
      assembled.pods.push_back(*std::move(pod));
    } else {
      others.push_back(&container);
    }
  }
  for (const engine::Container* container : others) {
    const std::string ns = LabelOf(container->labels, kNamespaceLabel);
    const std::string name = LabelOf(container->labels, kPodLabel);
    const std::string sandbox = SandboxName(installation, ns, name);
    if (container->name != sandbox && !absl::StartsWith(container->name, sandbox + "."))
      continue;  // Of somebody who runs an image made of a container of ours.
    const auto pod = std::find_if(assembled.pods.begin(), assembled.pods.end(),
                                  [&](const Pod& p) { return p.ns == ns && p.name == name; });
    Member* member = pod == assembled.pods.end()
                         ? nullptr
                         : pod->Find(LabelOf(container->labels, kContainerLabel));
    if (member == nullptr) {
      assembled.orphans.push_back(container->id);
      continue;
    }
    AddRun({*container, NumberOf(container->labels, kRunLabel),
            NumberOf(container->labels, kCrashesLabel), LabelOf(container->labels, kEndedForLabel)},
           *member, pod->stale);
  }
  for (Pod& pod : assembled.pods)
    for (Member& member : pod.members)
      member.interrupted = IsInterrupted(pod, member.run.container);
  return assembled;
}

Member* Pod::Find(const std::string& container) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.name == container; });
  return found == members.end() ? nullptr : &*found;
}

Readiness Pod::readiness() const {
  Readiness all = Readiness::kReady;
  for (const Member& member : members) {
    if (member.init) continue;
    if (member.readiness == Readiness::kNotReady) return Readiness::kNotReady;
    if (member.readiness == Readiness::kUnknown) all = Readiness::kUnknown;
  }
  return all;
}

bool IsInterrupted(const Pod& pod, const engine::Container& run) {
  return !run.started_at.empty() && !Joined(pod, run) &&
         TimeOf(run.finished_at) > TimeOf(pod.sandbox.started_at);
}

bool Runs(const Pod& pod, const Member& member) {
  const engine::Container& container = member.run.container;
  return container.state == "running" && !pod.address.empty() && Joined(pod, container);
}

bool Ended(const Member& member) {
  const engine::Container& container = member.run.container;
  if (member.restart == RestartPolicy::kNever && container.state == "created" &&
      !container.error.empty())
    return true;
  return (container.state == "exited" || container.state == "dead") &&
         !container.finished_at.empty();
}

bool Completed(const Member& member) {
  const engine::Container& container = member.run.container;
  // What the runtime ended because it did not live runs again, whatever it says at its end.
  const bool ended_for = member.restart == RestartPolicy::kOnFailure && !member.ended_for.empty();
  return Ended(member) && container.state != "created" && container.exit_code == 0 &&
         !member.interrupted && !ended_for;
}

bool EndedForGood(const Member& member) {
  if (!Ended(member) || member.restart == RestartPolicy::kAlways) return false;
  return Completed(member) || member.restart == RestartPolicy::kNever;
}

Phase PhaseOf(const Pod& pod) {
  bool started = false, going = false, failed = false;
  for (const Member& member : pod.members) {
    if (member.init) {
      if (EndedForGood(member) && !Completed(member)) return Phase::kFailed;
      continue;
    }
    started |= !member.run.container.started_at.empty();
    going |= !EndedForGood(member);
    failed |= !Completed(member);
  }
  if (!going) return failed ? Phase::kFailed : Phase::kSucceeded;
  return started ? Phase::kRunning : Phase::kPending;
}

bool Finished(const Pod& pod) {
  const Phase phase = PhaseOf(pod);
  return phase == Phase::kSucceeded || phase == Phase::kFailed;
}

const Member* NextInit(const Pod& pod) {
  // What came first was through when the others began, also if nothing is left of it.
  for (const Member& member : pod.members)
    if (!member.init && !member.run.container.started_at.empty() &&
        Joined(pod, member.run.container))
      return nullptr;
  for (const Member& member : pod.members)
    if (member.init && !(Completed(member) && Joined(pod, member.run.container))) return &member;
  return nullptr;
}

Member* NextInit(Pod& pod) {
  const Member* next = NextInit(std::as_const(pod));
  return next == nullptr ? nullptr : pod.Find(next->name);
}

Restart RestartOf(const Run& run, absl::Time now) {
  const absl::Time started = TimeOf(run.container.started_at);
  const absl::Time finished = TimeOf(run.container.finished_at);
  Restart restart{now, run.number + 1, 1, absl::ZeroDuration()};
  if (finished - started >= kForgottenAfter) return restart;
  restart.crashes = run.crashes + 1;
  if (run.crashes > 0)
    restart.back_off =
        std::min(kFirstBackOff * (1 << std::min(run.crashes - 1, 10)), kLongestBackOff);
  if (finished <= now) restart.at = std::max(now, finished + restart.back_off);
  return restart;
}

}  // namespace weft::local
