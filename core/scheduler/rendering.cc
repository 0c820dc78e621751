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
  bool readable = false;  // Traits that read their workload were asked.
};

bool IsUsable(const absl::StatusOr<pb::RenderResponse>& answer) {
  return answer.ok() && answer->outcome() == pb::OUTCOME_READY && !HasError(answer->diagnostics());
}

// One Render of an application, alive until it has called back.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(RenderInput input, const mesh::Providers& providers, WorkerPool& pool,
      std::function<void(Rendered)> done)
      : input_(std::move(input)), providers_(providers), pool_(pool), done_(std::move(done)) {}

  void Start() {
    answers_.resize(input_.application.instances.size());
    for (size_t i = 0; i < answers_.size(); ++i) {
      answers_[i].traits.resize(input_.application.instances[i].traits.size(),
                                absl::UnknownError("not asked"));
    }
    for (size_t i = 0; i < answers_.size(); ++i) {
      AskWorkload(i);
      AskTraits(i, /*reading=*/false, {});
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
    stub->RenderWorkload(MakeWorkloadRequest(input_.application, instance),
                         [self = shared_from_this(), i](absl::StatusOr<pb::RenderResponse> answer) {
                           self->WorkloadAnswered(i, std::move(answer));
                         });
  }

  void WorkloadAnswered(size_t i, absl::StatusOr<pb::RenderResponse> answer) {
    const auto& traits = Instance(i).traits;
    const bool read = std::any_of(traits.begin(), traits.end(),
                                  [](const auto& trait) { return trait.type.reads_workload; });
    if (read && IsUsable(answer)) {
      const merge::Merged merged =
          merge::Merge(MakeWorkload(input_.application, Instance(i)), {{WorkloadPart(i, *answer)}});
      answers_[i].readable = merged.problems.empty();
      if (answers_[i].readable) AskTraits(i, /*reading=*/true, merged.objects);
    }
    answers_[i].workload = std::move(answer);
    Release();
  }

  // Those that read their workload, or those that do not.
  void AskTraits(size_t i, bool reading, const std::vector<merge::MergedObject>& objects) {
    const resolve::WorkloadInstance& instance = Instance(i);
    for (size_t t = 0; t < instance.traits.size(); ++t) {
      if (instance.traits[t].type.reads_workload != reading) continue;
      const auto stub = providers_.Find(instance.traits[t].type.provider);
      if (stub == nullptr) continue;
      Hold();
      stub->RenderTrait(
          MakeTraitRequest(input_.application, instance, instance.traits[t], objects),
          [self = shared_from_this(), i, t](absl::StatusOr<pb::RenderResponse> answer) {
            self->answers_[i].traits[t] = std::move(answer);
            self->Release();
          });
    }
  }

  merge::Contribution WorkloadPart(size_t i, const pb::RenderResponse& answer) const {
    return MakeContribution(Instance(i).key, Instance(i).type.writes, answer);
  }

  // Each answer has its place in answers_; the count orders all of them before Finish.
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
      rendered.objects.push_back(MergeInstance(i, rendered.diagnostics));
    done_(std::move(rendered));
  }

  std::vector<merge::MergedObject> MergeInstance(size_t i, model::Diagnostics& diagnostics) {
    const resolve::WorkloadInstance& instance = Instance(i);
    const InstanceAnswers& answers = answers_[i];
    const auto place = [&](const resolve::TraitInstance* trait) {
      return Placement{input_.document, input_.components, instance, trait};
    };
    bool usable = IsUsable(answers.workload);
    ReportAnswer(place(nullptr), answers.workload, providers_.WhyAway(instance.type.provider),
                 diagnostics);
    std::vector<merge::Contribution> traits;
    for (size_t t = 0; t < instance.traits.size(); ++t) {
      const resolve::TraitInstance& trait = instance.traits[t];
      // What was not asked because its workload failed follows from that.
      if (!answers.readable && trait.type.reads_workload) continue;
      ReportAnswer(place(&trait), answers.traits[t], providers_.WhyAway(trait.type.provider),
                   diagnostics);
      if (!IsUsable(answers.traits[t])) {
        usable = false;
        continue;
      }
      traits.push_back(MakeContribution(trait.key, trait.type.writes, *answers.traits[t]));
    }
    if (!usable) return {};
    const merge::Workload workload = MakeWorkload(input_.application, instance);
    merge::Merged merged =
        merge::Merge(workload, {{WorkloadPart(i, *answers.workload)}, std::move(traits)});
    ReportProblems(place(nullptr), merged.problems, diagnostics);
    ReportSteered(place(nullptr), merged.objects, diagnostics);
    for (merge::MergedObject& object : merged.objects) StampObject(instance, workload, object);
    return std::move(merged.objects);
  }

  // Source of the names: ARCHITECTURE.md, "Names, labels and keys".
  void StampObject(const resolve::WorkloadInstance& instance, const merge::Workload& workload,
                   merge::MergedObject& object) const {
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
    merge::Stamp(workload, labels, {{"weft.dev/revision", std::to_string(instance.revision)}},
                 object);
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
