#include "runtime/local/pod_judge.h"

namespace weft::local {

void PodJudge::Judge(const std::string& key, std::vector<Pod>& pods) {
  std::vector<ProbeTarget> targets;
  for (const Pod& pod : pods) {
    for (const Member& member : pod.members) {
      if (!Runs(pod, member) || pod.terminating) continue;
      const engine::Container& container = member.run.container;
      const auto ask = [&](ProbeKind kind, const std::optional<Probe>& probe) {
        if (probe.has_value())
          targets.push_back({container.id, container.started_at, pod.address, kind, *probe});
      };
      ask(ProbeKind::kStartup, member.probes.startup);
      const Answers startup = AnswersOf(member, ProbeKind::kStartup, member.probes.startup);
      if (!startup.ready && !startup.inherited) continue;
      ask(ProbeKind::kLiveness, member.probes.liveness);
      ask(ProbeKind::kReadiness, member.probes.readiness);
    }
  }
  prober_.Track(key, targets);
  for (Pod& pod : pods)
    for (Member& member : pod.members) JudgeOne(key, pod, member);
  outputs_.Tell(key, pods);
}

// Without a probe it is as if it had been asked and was well.
Answers PodJudge::AnswersOf(const Member& member, ProbeKind kind,
                            const std::optional<Probe>& probe) const {
  if (!probe.has_value()) return {.asked = true, .ready = true};
  return prober_.Of(member.run.container.id, member.run.container.started_at, kind);
}

void PodJudge::JudgeOne(const std::string& key, const Pod& pod, Member& member) {
  member.readiness = Readiness::kNotReady;
  member.complaint.clear();
  member.failed.clear();
  member.started = false;
  if (!Runs(pod, member)) {
    member.ended_for = ended_for_.Find(key, member.run.container).value_or("");
    return;
  }
  const Answers startup = AnswersOf(member, ProbeKind::kStartup, member.probes.startup);
  const Answers liveness = AnswersOf(member, ProbeKind::kLiveness, member.probes.liveness);
  const Answers readiness = AnswersOf(member, ProbeKind::kReadiness, member.probes.readiness);
  if (startup.failed) member.failed = "startup probe failed: " + startup.failure;
  if (startup.ready && liveness.failed)
    member.failed = "liveness probe failed: " + liveness.failure;
  if (IsCrashLooping(member, now_())) return;
  member.started = startup.ready || startup.inherited;
  if (startup.inherited || (startup.ready && readiness.inherited)) {
    member.readiness = Readiness::kUnknown;
  } else if (startup.ready && readiness.ready) {
    member.readiness = Readiness::kReady;
  } else if (readiness.telling) {
    member.complaint = readiness.failure;
  }
}

bool PodJudge::WillEnd(const std::string& key, const Member& member) {
  return ended_for_.Add(key, member.run.container, member.failed);
}

void PodJudge::Keep(const std::string& key, const std::vector<engine::Container>& runs) {
  ended_for_.Keep(key, runs);
  outputs_.Keep(key, runs);
}

void PodJudge::Forget(const std::string& key) {
  ended_for_.Forget(key);
  outputs_.Forget(key);
}

}  // namespace weft::local
