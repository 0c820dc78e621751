#include "runtime/local/pod_keeper.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/failpoint.h"
#include "core/base/status.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/local/admission.h"
#include "runtime/local/inspect.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr absl::Duration kIdentityRetry = absl::Seconds(1);
constexpr absl::Duration kOldRestart = absl::Seconds(10);  // Its runs are not counted.
constexpr absl::Duration kRejoinGrace = absl::Seconds(1);  // Nobody reaches it any more.

// It runs, or the engine is about to change that itself.
bool IsUp(const engine::Container& container) {
  const std::string& state = container.state;
  return state == "running" || state == "paused" || state == "restarting" || state == "removing";
}

// An engine that was killed as it connected a sandbox may know it without its place on the network,
// which it gives to another then.
bool HasLostItsNetwork(const Pod& pod) {
  return pod.sandbox.state == "running" && pod.address.empty();
}

// What a container's Secrets say that are there. Source: Kubernetes API, core/v1 SecretType.
std::vector<std::string> LoginsOf(const PodContainer& container, const FindObject& find) {
  std::vector<std::string> logins;
  for (const std::string& name : container.pull_secrets) {
    const ObjectPtr secret = find("Secret", name);
    const DataSpec* data = DataOf(secret);
    if (data == nullptr) continue;
    if (const auto now = data->data.find(".dockerconfigjson"); now != data->data.end())
      logins.push_back(now->second);
    if (const auto former = data->data.find(".dockercfg"); former != data->data.end())
      logins.push_back(absl::StrCat(R"({"auths":)", former->second, "}"));
  }
  return logins;
}

}  // namespace

absl::StatusOr<std::vector<Pod>> PodKeeper::Observe(const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> summaries,
                        parts_.engine.ListContainers({{kInstallationLabel, parts_.installation},
                                                      {kNamespaceLabel, NamespaceOfKey(key)},
                                                      {kControllerLabel, ControllerOf(key)}}));
  // Before the look: one that ends in between is not found, or is known to end.
  std::set<std::string> terminating;
  for (const engine::ContainerSummary& summary : summaries)
    if (parts_.terminator.IsTerminating(summary.id)) terminating.insert(summary.id);
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Container> containers,
                        InspectAll(parts_.engine, summaries));
  Assembled assembled = AssemblePods(parts_.installation, containers);
  // What the store does not know is kept, whatever it is.
  if (parts_.objects.Find(key) == nullptr) assembled.orphans.clear();
  for (const std::string& orphan : assembled.orphans) WEFT_RETURN_IF_ERROR(Remove(orphan));
  for (Pod& pod : assembled.pods) {
    pod.terminating = terminating.contains(pod.sandbox.id);
    for (const std::string& stale : pod.stale) WEFT_RETURN_IF_ERROR(Remove(stale));
    pod.stale.clear();
  }
  volumes_.Keep(key, containers);
  judge_.Keep(key, containers);
  judge_.Judge(key, assembled.pods);
  return std::move(assembled.pods);
}

// What the engine cannot remove now holds up nothing: it is found again.
absl::Status PodKeeper::Remove(const std::string& container) {
  absl::Status removed = parts_.engine.RemoveContainer(container);
  if (removed.ok() || EngineIsAway(removed)) return removed;
  spdlog::warn("msg=\"cannot remove a container\" container={} error=\"{}\"",
               container.substr(0, 12), std::string(removed.message()));
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> PodKeeper::BringUp(const ObjectRef& owner,
                                                  const PodTemplate& pod_template, Pod& pod) {
  if (Finished(pod)) return Retire(pod);
  const std::string provider = IdentityOf(owner, pod_template);
  const std::string identity =
      provider.empty() ? "" : absl::StrCat(parts_.identities, "/", provider);
  if (AwaitsIdentity(provider, pod)) return kIdentityRetry;
  WEFT_ASSIGN_OR_RETURN(absl::Duration again, BringUpSandbox(LocalKey(owner), pod_template, pod));
  if (pod.address.empty()) return again;  // There is no network to share yet.
  bool filtered = false;
  WEFT_ASSIGN_OR_RETURN(again, BringUpFilter(LocalKey(owner), pod, filtered));
  if (!filtered) return again;
  bool filled = false;
  WEFT_ASSIGN_OR_RETURN(again, BringUpVolumes(LocalKey(owner), pod, filled));
  if (!filled) return again;
  for (Member& member : pod.members) WEFT_RETURN_IF_ERROR(Rejoin(pod, member));
  if (pod.template_hash != pod_template.hash) {
    WEFT_ASSIGN_OR_RETURN(const absl::Duration next, KeepOld(LocalKey(owner), pod));
    return std::min(again, next);
  }
  const auto bring_up = [&](const std::vector<PodContainer>& containers) -> absl::Status {
    for (const PodContainer& container : containers) {
      Member* member = pod.Find(container.name);
      if (member == nullptr || (member->init && member != NextInit(pod))) continue;
      WEFT_ASSIGN_OR_RETURN(
          const absl::Duration next,
          BringUpMember(owner, container.name == pod.rules.containers[0].name ? identity : "",
                        container, pod, *member));
      again = std::min(again, next);
    }
    return absl::OkStatus();
  };
  WEFT_RETURN_IF_ERROR(bring_up(pod_template.init_containers));
  if (NextInit(pod) == nullptr) WEFT_RETURN_IF_ERROR(bring_up(pod_template.containers));
  return again;
}

// A pod that has come to its end stays, for those who want to know how; its network goes.
absl::StatusOr<absl::Duration> PodKeeper::Retire(Pod& pod) {
  if (!IsUp(pod.sandbox)) return absl::InfiniteDuration();
  const absl::Status stopped = parts_.engine.StopContainer(pod.sandbox.id, kRejoinGrace);
  if (!stopped.ok() && !absl::IsNotFound(stopped)) return stopped;
  pod.address.clear();
  return absl::InfiniteDuration();
}

// A pod of another template, which serves until one of this template can: what it was made from is
// known to its containers alone, so what has ended is started again as it is.
absl::StatusOr<absl::Duration> PodKeeper::KeepOld(const std::string& key, Pod& pod) {
  absl::Duration again = absl::InfiniteDuration();
  for (Member& member : pod.members) {
    engine::Container& container = member.run.container;
    if (member.init || container.id.empty() || EndedForGood(member)) continue;
    if (IsUp(container)) {
      if (!member.failed.empty()) EndRun(key, pod, member);
      if (IsCrashLooping(member, parts_.now())) again = std::min(again, kTrustedAfter);
      continue;
    }
    const absl::Duration wait = std::max(RestartOf(member.run, parts_.now()).at - parts_.now(),
                                         kOldRestart - SinceEnd(container));
    if (wait > absl::ZeroDuration()) {
      again = std::min(again, wait);
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(
        const absl::Duration next,
        attempts_.Try({.key = key,
                       .name = absl::StrCat(pod.name, ".", member.name),
                       .start = [&](bool) -> absl::Status {
                         WEFT_RETURN_IF_ERROR(parts_.engine.StartContainer(container.id));
                         WEFT_ASSIGN_OR_RETURN(container,
                                               parts_.engine.InspectContainer(container.id));
                         return absl::OkStatus();
                       }},
                      member.waiting));
    again = std::min(again, next);
  }
  return again;
}

// Long, if it never ended or the clock was set back.
absl::Duration PodKeeper::SinceEnd(const engine::Container& container) const {
  const absl::Time end = TimeOf(container.finished_at);
  return end > parts_.now() ? absl::InfiniteDuration() : parts_.now() - end;
}

// Whoever installs a provider issues its identity; until then its pods wait.
bool PodKeeper::AwaitsIdentity(const std::string& provider, Pod& pod) const {
  if (provider.empty() || !pod.sandbox.id.empty()) return false;
  std::error_code error;
  if (IsDnsLabel(provider) &&
      std::filesystem::is_directory(absl::StrCat(parts_.identities, "/", provider), error))
    return false;
  for (Member& member : pod.members)
    member.waiting = {"IdentityMissing",
                      absl::StrCat("the provider ", provider, " has no identity yet")};
  return true;
}

absl::StatusOr<absl::Duration> PodKeeper::BringUpSandbox(const std::string& key,
                                                         const PodTemplate& pod_template,
                                                         Pod& pod) {
  if (IsUp(pod.sandbox) && !HasLostItsNetwork(pod)) return absl::InfiniteDuration();
  Waiting waiting;
  const absl::Status claims =
      pod.sandbox.id.empty() ? parts_.claims.Check(pod.ns, pod.rules.volumes) : absl::OkStatus();
  if (!claims.ok()) {  // Whatever brings them wakes the controller.
    waiting = {"ContainerCreating", std::string(claims.message())};
    for (Member& member : pod.members) member.waiting = waiting;
    return absl::InfiniteDuration();
  }
  WEFT_ASSIGN_OR_RETURN(
      const absl::Duration again,
      attempts_.Try(
          {.key = key,
           .name = pod.name,
           .start = [&](bool failed) { return StartSandbox(key, pod_template, failed, pod); }},
          waiting));
  for (Member& member : pod.members) member.waiting = waiting;
  return again;
}

absl::Status PodKeeper::RemoveRuns(Pod& pod) {
  for (Member& member : pod.members) {
    for (const Run* run : {&member.run, member.previous.has_value() ? &*member.previous : nullptr})
      if (run != nullptr && !run->container.id.empty())
        WEFT_RETURN_IF_ERROR(parts_.engine.RemoveContainer(run->container.id));
    member.run = {};
    member.previous.reset();
  }
  return absl::OkStatus();
}

absl::Status PodKeeper::StartSandbox(const std::string& key, const PodTemplate& pod_template,
                                     bool failed, Pod& pod) {
  const bool current = pod.template_hash == pod_template.hash;
  if (HasLostItsNetwork(pod)) {
    spdlog::warn("msg=\"a pod has lost its network: it gets another\" object={} pod={}", key,
                 pod.name);
    WEFT_RETURN_IF_ERROR(parts_.engine.StopContainer(pod.sandbox.id, absl::ZeroDuration()));
    pod.sandbox.state = "exited";
  }
  if (!pod.sandbox.id.empty() && current && (failed || pod.sandbox.state == "dead")) {
    // What could not be started may refer to what is no longer there: made anew. Its volumes go
    // with it, so the pod begins anew; what still names them would keep them on the engine.
    if (!pod.rules.volumes.empty()) WEFT_RETURN_IF_ERROR(RemoveRuns(pod));
    WEFT_RETURN_IF_ERROR(parts_.engine.RemoveContainer(pod.sandbox.id));
    pod.sandbox.id.clear();
  }
  if (pod.sandbox.id.empty()) {
    WEFT_ASSIGN_OR_RETURN(const NamespaceNetwork network, parts_.networks.Ensure(pod.ns));
    WEFT_ASSIGN_OR_RETURN(const std::string image, SandboxImage());
    Failpoint("runtime.create.before");
    const auto create = [&] {
      engine::ContainerSpec sandbox = SandboxSpecFor(parts_.installation, pod_template, pod, image);
      anchor::AllowNetworkAccess(parts_.access, sandbox);
      if (!network.name_server.empty()) sandbox.name_servers = {network.name_server};
      return parts_.engine.CreateContainer(sandbox);
    };
    WEFT_ASSIGN_OR_RETURN(pod.sandbox.id,
                          parts_.claims.CreateWith(pod.ns, pod.rules.volumes, create));
    Failpoint("runtime.create.after");
  }
  WEFT_RETURN_IF_ERROR(parts_.engine.StartContainer(pod.sandbox.id));
  WEFT_ASSIGN_OR_RETURN(pod.sandbox, parts_.engine.InspectContainer(pod.sandbox.id));
  pod.address = AddressOn(NetworkName(parts_.installation, pod.ns), pod.sandbox);
  volumes_.Fresh(key, pod);
  if (HasLostItsNetwork(pod)) return absl::InternalError("the engine gave it no address");
  return absl::OkStatus();
}

// Has nobody reach a pod who may not, before anything runs in it; `filtered`: so it is. Of what
// runs the policies' controller sees to it, which knows all pods.
absl::StatusOr<absl::Duration> PodKeeper::BringUpFilter(const std::string& key, Pod& pod,
                                                        bool& filtered) {
  filtered =
      std::ranges::any_of(pod.members, [&](const Member& member) { return Runs(pod, member); });
  if (filtered) return absl::InfiniteDuration();
  Waiting waiting;
  WEFT_ASSIGN_OR_RETURN(const absl::Duration again,
                        attempts_.Try({.key = key,
                                       .name = absl::StrCat(pod.name, " filter"),
                                       .reason = "ContainerCreating",
                                       .start = [&](bool) { return parts_.filters.Begin(pod); }},
                                      waiting));
  filtered = waiting.reason.empty();
  if (!filtered)
    for (Member& member : pod.members) member.waiting = waiting;
  return again;
}

// Has the volumes of a pod hold what they should. After how long to come back at the latest;
// `filled`: they hold that or what they should before, so that containers can run.
absl::StatusOr<absl::Duration> PodKeeper::BringUpVolumes(const std::string& key, Pod& pod,
                                                         bool& filled) {
  filled = true;
  if (pod.rules.volumes.empty()) return absl::InfiniteDuration();
  Waiting waiting;
  absl::Status missing;
  const auto fill = [&](bool) -> absl::Status {
    WEFT_RETURN_IF_ERROR(volumes_.Look(key, pod));
    const FilesRead read =
        FilesOf(pod.rules.volumes, pod.ns, [&](const auto& kind, const auto& name) {
          return parts_.objects.Find(LocalKey(kind, pod.ns, name));
        });
    if (!volumes_.Filled(key, pod)) missing = read.missing;
    return missing.ok() ? volumes_.Fill(key, pod, read.files) : absl::OkStatus();
  };
  WEFT_ASSIGN_OR_RETURN(const absl::Duration again,
                        attempts_.Try({.key = key,
                                       .name = absl::StrCat(pod.name, " volumes"),
                                       .reason = "ContainerCreating",
                                       .start = fill},
                                      waiting));
  // Whatever brings it wakes the controller.
  if (!missing.ok()) waiting = {"ContainerCreating", std::string(missing.message())};
  filled = volumes_.Filled(key, pod) ||
           std::any_of(pod.members.begin(), pod.members.end(),
                       [&](const Member& member) { return Runs(pod, member); });
  if (!filled)
    for (Member& member : pod.members) member.waiting = waiting;
  return again;
}

absl::StatusOr<std::string> PodKeeper::SandboxImage() {
  std::lock_guard lock(image_mutex_);
  return anchor::EnsureAnchorImage(parts_.engine, parts_.sandbox_program, parts_.access);
}

// Stops a container that runs since before its pod's network was made.
absl::Status PodKeeper::Rejoin(const Pod& pod, Member& member) {
  engine::Container& container = member.run.container;
  if (container.state != "running" || Runs(pod, member)) return absl::OkStatus();
  const absl::Status stopped = parts_.engine.StopContainer(container.id, kRejoinGrace);
  if (absl::IsNotFound(stopped)) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(stopped);
  WEFT_ASSIGN_OR_RETURN(container, parts_.engine.InspectContainer(container.id));
  member.interrupted = IsInterrupted(pod, container);
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> PodKeeper::BringUpMember(const ObjectRef& owner,
                                                        const std::string& identity,
                                                        const PodContainer& container, Pod& pod,
                                                        Member& member) {
  engine::Container& now = member.run.container;
  if (now.image.empty()) now.image = container.image;
  if (IsUp(now) && !member.failed.empty()) {
    EndRun(LocalKey(owner), pod, member);
    return absl::InfiniteDuration();
  }
  if (IsUp(now))
    return IsCrashLooping(member, parts_.now()) ? kTrustedAfter : absl::InfiniteDuration();
  // Of the start: it is asked for again, as its sandbox is another.
  if (EndedForGood(member) && !(member.init && Completed(member))) return absl::InfiniteDuration();
  const bool made = now.state == "created";
  if (!now.id.empty() && !made) {
    const absl::Duration wait = RestartOf(member.run, parts_.now()).at - parts_.now();
    if (wait > absl::ZeroDuration()) return wait;
  }
  const FindObject find = [&](const std::string& kind, const std::string& name) {
    return parts_.objects.Find(LocalKey(kind, pod.ns, name));
  };
  const absl::StatusOr<RunText> text = TextOf(container, pod, find);
  if (!text.ok()) {  // Whatever brings it wakes the controller.
    member.waiting = {"CreateContainerConfigError", std::string(text.status().message())};
    return absl::InfiniteDuration();
  }
  return attempts_.Try(
      {.key = LocalKey(owner),
       .name = absl::StrCat(pod.name, ".", member.name),
       .image = made ? nullptr : &container,
       .run = absl::StrCat(pod.sandbox.id, " after ", now.id),
       .logins = LoginsOf(container, find),
       .start =
           [&](bool failed) { return StartRun(container, *text, identity, pod, failed, member); }},
      member.waiting);
}

void PodKeeper::EndRun(const std::string& key, const Pod& pod, const Member& member) {
  if (!judge_.WillEnd(key, member)) return;
  spdlog::warn("msg=\"a container is restarted\" object={} pod={} container={} reason=\"{}\"", key,
               pod.name, member.name, member.failed);
  parts_.terminator.EndRun(pod, member, key);
}

absl::Status PodKeeper::StartRun(const PodContainer& container, const RunText& text,
                                 const std::string& identity, const Pod& pod, bool failed,
                                 Member& member) {
  Run next = member.run;
  if (next.container.state != "created") {
    if (!next.container.id.empty()) {
      const Restart restart = RestartOf(member.run, parts_.now());
      next = {{}, restart.number, restart.crashes, member.ended_for};
    }
  } else if (failed) {
    // What could not be started may refer to what is no longer there: made anew.
    WEFT_RETURN_IF_ERROR(parts_.engine.RemoveContainer(next.container.id));
    next.container = {};
  }
  if (next.container.id.empty()) {
    WEFT_ASSIGN_OR_RETURN(next.container.id,
                          parts_.engine.CreateContainer(RunSpecFor(parts_.installation, container,
                                                                   text, pod, next, identity)));
  }
  const std::string id = next.container.id;
  next.container.state = "created";
  if (next.number > member.run.number) member.previous = std::move(member.run);
  member.run = std::move(next);
  Failpoint("runtime.start.before");
  WEFT_RETURN_IF_ERROR(parts_.engine.StartContainer(id));
  Failpoint("runtime.start.after");
  WEFT_ASSIGN_OR_RETURN(member.run.container, parts_.engine.InspectContainer(id));
  return absl::OkStatus();
}

void PodKeeper::Forget(const std::string& key) {
  attempts_.Forget(key);
  volumes_.Forget(key);
  judge_.Forget(key);
}

}  // namespace weft::local
