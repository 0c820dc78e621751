#include "core/scheduler/rendering.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/provider_diagnostics.h"
#include "core/scheduler/requests.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;

// The answers for one workload and its traits.
struct InstanceAnswers {
  absl::StatusOr<pb::RenderResponse> workload = absl::UnknownError("not asked");
  std::vector<absl::StatusOr<pb::RenderResponse>> traits;
  std::vector<int> missing;  // Of each stage, how many have not answered. Stage 0 is the workload.
  int begun = 0;             // The last stage before which all have answered.
  int readable = 0;          // Traits that read their workload were asked up to this stage.
};

constexpr absl::Duration kAgainSoonest = absl::Seconds(1), kAgainLatest = absl::Minutes(1);

bool IsUsable(const absl::StatusOr<pb::RenderResponse>& answer) {
  return answer.ok() && answer->outcome() == pb::OUTCOME_READY && !HasError(answer->diagnostics());
}

// Whether the instance is to be asked again later, and goes on as it was until then.
bool Waits(const catalog::Type& type, const absl::StatusOr<pb::RenderResponse>& answer) {
  return type.MayWait() && answer.ok() && answer->outcome() == pb::OUTCOME_NOT_READY &&
         !HasError(answer->diagnostics());
}

Waiting MakeWaiting(const pb::RenderResponse& answer) {
  const absl::Duration again = absl::Seconds(answer.retry_after().seconds()) +
                               absl::Nanoseconds(answer.retry_after().nanos());
  return {answer.reason(), std::clamp(again, kAgainSoonest, kAgainLatest)};
}

// One Render of an application, alive until it has called back.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(RenderInput input, const mesh::Providers& providers, WorkerPool& pool,
      std::function<void(Rendered)> done)
      : input_(std::move(input)), providers_(providers), pool_(pool), done_(std::move(done)) {}

  void Start() {
    for (const resolve::WorkloadInstance& instance : input_.application.instances) {
      InstanceAnswers& answers = answers_.emplace_back();
      answers.traits.resize(instance.traits.size(), absl::UnknownError("not asked"));
      answers.missing = {1};
      for (const resolve::TraitInstance& trait : instance.traits) {
        const auto stage = static_cast<size_t>(trait.stage);
        answers.missing.resize(std::max(answers.missing.size(), stage + 1));
        ++answers.missing[stage];
      }
    }
    for (size_t i = 0; i < answers_.size(); ++i) {
      AskWorkload(i);
      for (size_t t = 0; t < Instance(i).traits.size(); ++t) {
        if (!Instance(i).traits[t].type.reads_workload) AskTrait(i, t, {});
      }
    }
    Release();
  }

 private:
  const resolve::WorkloadInstance& Instance(size_t i) const {
    return input_.application.instances[i];
  }

  void AskWorkload(size_t i) {
    const resolve::WorkloadInstance& instance = Instance(i);
    const auto stub = providers_.Find(instance.type.provider);
    if (stub == nullptr) return;  // Its state says why: see ReportFailure.
    Hold();
    stub->RenderWorkload(MakeWorkloadRequest(input_.application, instance, input_.readings),
                         [self = shared_from_this(), i](absl::StatusOr<pb::RenderResponse> answer) {
                           self->answers_[i].workload = std::move(answer);
                           self->Answered(i, 0);
                         });
  }

  void AskTrait(size_t i, size_t t, const std::vector<merge::MergedObject>& objects) {
    const resolve::WorkloadInstance& instance = Instance(i);
    const auto stub = providers_.Find(instance.traits[t].type.provider);
    Hold();
    if (stub == nullptr) return Answered(i, instance.traits[t].stage);
    stub->RenderTrait(MakeTraitRequest(input_.application, instance, instance.traits[t], objects,
                                       input_.readings),
                      [self = shared_from_this(), i, t](absl::StatusOr<pb::RenderResponse> answer) {
                        self->answers_[i].traits[t] = std::move(answer);
                        self->Answered(i, self->Instance(i).traits[t].stage);
                      });
  }

  // Asks who waited for this answer to read what all before it came to.
  void Answered(size_t i, int stage) {
    int next = 0;
    {
      std::lock_guard lock(mutex_);
      --answers_[i].missing[static_cast<size_t>(stage)];
      next = NextStageLocked(i);
    }
    if (next > 0) AskReaders(i, next);
    Release();
  }

  // The stage whose readers are to be asked now, told once; 0: there is none. As long as they have
  // not answered no later one is told, so that stages follow each other.
  int NextStageLocked(size_t i) {
    InstanceAnswers& answers = answers_[i];
    const int last = static_cast<int>(answers.missing.size()) - 1;
    while (answers.begun < last && answers.missing[static_cast<size_t>(answers.begun)] == 0) {
      ++answers.begun;
      const auto& traits = Instance(i).traits;
      if (std::any_of(traits.begin(), traits.end(), [&](const auto& trait) {
            return trait.stage == answers.begun && trait.type.reads_workload;
          })) {
        return answers.begun;
      }
    }
    return 0;
  }

  void AskReaders(size_t i, int stage) {
    const std::vector<std::vector<merge::Contribution>> before = UsableStages(i, stage);
    if (static_cast<int>(before.size()) < stage) return;
    const merge::Merged merged =
        merge::Merge(MakeWorkload(input_.application, Instance(i)), before);
    if (!merged.problems.empty()) return;
    answers_[i].readable = stage;
    for (size_t t = 0; t < Instance(i).traits.size(); ++t) {
      const resolve::TraitInstance& trait = Instance(i).traits[t];
      if (trait.stage == stage && trait.type.reads_workload) AskTrait(i, t, merged.objects);
    }
  }

  // What was not asked because something before it failed follows from that.
  bool WasAsked(size_t i, size_t t) const {
    const resolve::TraitInstance& trait = Instance(i).traits[t];
    return !trait.type.reads_workload || trait.stage <= answers_[i].readable;
  }

  // Whether the trait has no answer, and does without.
  bool DoesWithout(size_t i, size_t t) const {
    const resolve::TraitInstance& trait = Instance(i).traits[t];
    const absl::StatusOr<pb::RenderResponse>& answer = answers_[i].traits[t];
    return WasAsked(i, t) && !input_.kept.bound.contains(trait.key) &&
           ((trait.type.optional && !answer.ok()) || Waits(trait.type, answer));
  }

  // Null: there are none.
  const std::vector<merge::Part>* FindKept(size_t i, size_t t) const {
    const auto kept = input_.kept.parts.find(Instance(i).traits[t].key);
    return kept == input_.kept.parts.end() ? nullptr : &kept->second;
  }

  merge::Contribution TraitPart(size_t i, size_t t, bool with_kept) const {
    const resolve::TraitInstance& trait = Instance(i).traits[t];
    const absl::StatusOr<pb::RenderResponse>& answer = answers_[i].traits[t];
    if (IsUsable(answer)) return MakeContribution(trait.key, trait.type.writes, *answer);
    merge::Contribution part{.owner = trait.key, .parts = {}, .writes = trait.type.writes};
    const std::vector<merge::Part>* kept = with_kept ? FindKept(i, t) : nullptr;
    if (kept != nullptr) part.parts = *kept;
    return part;
  }

  bool HasStandIns(size_t i) const {
    for (size_t t = 0; t < Instance(i).traits.size(); ++t) {
      if (DoesWithout(i, t) && FindKept(i, t) != nullptr) return true;
    }
    return false;
  }

  // What the stages before `end` contribute, up to the first with an answer that is needed and
  // cannot be used.
  std::vector<std::vector<merge::Contribution>> UsableStages(size_t i, int end,
                                                             bool with_kept = true) const {
    const resolve::WorkloadInstance& instance = Instance(i);
    const InstanceAnswers& answers = answers_[i];
    if (!IsUsable(answers.workload)) return {};
    for (size_t t = 0; t < instance.traits.size(); ++t) {
      if (instance.traits[t].stage < end && !IsUsable(answers.traits[t]) && !DoesWithout(i, t))
        end = instance.traits[t].stage;
    }
    std::vector<std::vector<merge::Contribution>> stages(static_cast<size_t>(end));
    stages[0].push_back(MakeContribution(instance.key, instance.type.writes, *answers.workload));
    for (size_t t = 0; t < instance.traits.size(); ++t) {
      if (instance.traits[t].stage < end)
        stages[static_cast<size_t>(instance.traits[t].stage)].push_back(TraitPart(i, t, with_kept));
    }
    return stages;
  }

  // Each answer has its place in answers_; the counts order them before whoever reads them.
  void Hold() {
    std::lock_guard lock(mutex_);
    ++pending_;
  }
  void Release() {
    {
      std::lock_guard lock(mutex_);
      if (--pending_ > 0) return;
    }
    // A pool that takes no more must not keep an answer back that is complete.
    if (!pool_.TryRun([self = shared_from_this()] { self->Finish(); })) Finish();
  }

  void Finish() {
    Rendered rendered;
    for (size_t i = 0; i < answers_.size(); ++i)
      rendered.objects.push_back(MergeInstance(i, rendered));
    done_(std::move(rendered));
  }

  // What stands of a workload that waits.
  std::vector<merge::MergedObject> KeepInstance(size_t i, Rendered& rendered) {
    const resolve::WorkloadInstance& instance = Instance(i);
    const pb::RenderResponse& answer = *answers_[i].workload;
    const auto kept = input_.kept.objects.find(instance.key);
    const bool stands = kept != input_.kept.objects.end() && !kept->second.empty();
    ReportWaiting({input_.document, input_.components, instance, nullptr}, answer,
                  stands ? StandIn::kLastParts : StandIn::kNothing, rendered.diagnostics);
    rendered.waiting[instance.key] = MakeWaiting(answer);
    return stands ? kept->second : std::vector<merge::MergedObject>();
  }

  std::vector<merge::MergedObject> MergeInstance(size_t i, Rendered& rendered) {
    const resolve::WorkloadInstance& instance = Instance(i);
    const InstanceAnswers& answers = answers_[i];
    if (Waits(instance.type, answers.workload)) return KeepInstance(i, rendered);
    model::Diagnostics& diagnostics = rendered.diagnostics;
    const auto place = [&](const resolve::TraitInstance* trait) {
      return Placement{input_.document, input_.components, instance, trait};
    };
    const merge::Workload workload = MakeWorkload(input_.application, instance);
    const int end = static_cast<int>(answers.missing.size());
    const std::vector<std::vector<merge::Contribution>> stages = UsableStages(i, end);
    merge::Merged merged = merge::Merge(workload, stages);
    bool kept_fit = true;
    if (!merged.problems.empty() && HasStandIns(i)) {
      merged = merge::Merge(workload, UsableStages(i, end, /*with_kept=*/false));
      kept_fit = !merged.problems.empty();
    }
    ReportAnswer(place(nullptr), answers.workload, providers_.WhyAway(instance.type.provider),
                 diagnostics);
    for (size_t t = 0; t < instance.traits.size(); ++t) {
      if (!WasAsked(i, t)) continue;
      const resolve::TraitInstance& trait = instance.traits[t];
      const std::string away = providers_.WhyAway(trait.type.provider);
      if (DoesWithout(i, t)) {
        const StandIn stand_in = FindKept(i, t) == nullptr ? StandIn::kNothing
                                 : kept_fit                ? StandIn::kLastParts
                                                           : StandIn::kUnfit;
        if (answers.traits[t].ok()) {
          ReportWaiting(place(&trait), *answers.traits[t], stand_in, diagnostics);
          rendered.waiting[trait.key] = MakeWaiting(*answers.traits[t]);
        } else {
          ReportStandIn(place(&trait), answers.traits[t].status(), away, stand_in, diagnostics);
        }
      } else {
        ReportAnswer(place(&trait), answers.traits[t], away, diagnostics);
      }
    }
    ReportProblems(place(nullptr), merged.problems, diagnostics);
    if (stages.size() < answers.missing.size() || !kept_fit) return {};
    ReportSteered(place(nullptr), merged.objects, diagnostics);
    const std::map<std::string, std::string> labels = LabelsOf(instance);
    for (merge::MergedObject& object : merged.objects)
      merge::Stamp(workload, labels, {{"weft.dev/revision", std::to_string(instance.revision)}},
                   object);
    return std::move(merged.objects);
  }

  // Source of the names: ARCHITECTURE.md, "Names, labels and keys".
  std::map<std::string, std::string> LabelsOf(const resolve::WorkloadInstance& instance) const {
    std::map<std::string, std::string> labels = {
        {"app.kubernetes.io/name", instance.name},
        {"app.kubernetes.io/part-of", input_.application.name},
        {"app.kubernetes.io/managed-by", "weft"},
        {"weft.dev/installation", input_.installation},
        {"weft.dev/application", input_.application.name},
        {"weft.dev/component", instance.name}};
    // By this a runtime knows which identity to give the pod
    // (docs/adr/0013-installed-providers.md).
    if (input_.application.name_space == kSystemNamespace)
      labels["weft.dev/provider"] = input_.application.name;
    return labels;
  }

  const RenderInput input_;
  const mesh::Providers& providers_;
  WorkerPool& pool_;
  const std::function<void(Rendered)> done_;
  std::vector<InstanceAnswers> answers_;
  std::mutex mutex_;
  int pending_ = 1;  // Start itself.
};

}  // namespace

void Render(RenderInput input, const mesh::Providers& providers, WorkerPool& pool,
            std::function<void(Rendered)> done) {
  std::make_shared<Job>(std::move(input), providers, pool, std::move(done))->Start();
}

}  // namespace weft::scheduler
