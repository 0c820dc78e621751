#include "core/scheduler/admission.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/failpoint.h"
#include "core/base/status.h"
#include "core/scheduler/admission_check.h"
#include "core/scheduler/admission_events.h"
#include "core/scheduler/admission_store.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/departure.h"
#include "core/scheduler/kept_parts.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/object_changes.h"
#include "core/scheduler/provider_diagnostics.h"
#include "core/scheduler/records.h"
#include "core/scheduler/render_again.h"
#include "core/scheduler/rendering.h"
#include "core/scheduler/revisions.h"
#include "core/scheduler/runtime_check.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using core::v1::ApplyRequest;
using core::v1::ApplyResponse;
using core::v1::PlanResponse;
using core::v1::RollbackResponse;

constexpr int kAttempts = 10;
// Applications of one call. Fewer than may wait for a provider (mesh::Bulkhead), so that a call is
// never refused for its own size.
constexpr size_t kRenderedAtOnce = 32;
constexpr size_t kDocumentBytes = 1024 * 1024;  // Source: weft.core.v1.Document.

absl::Status RefuseSystemNamespace(const std::string& ns) {
  if (ns != kSystemNamespace) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("what is in ", kSystemNamespace,
                   " is the installation's own: use weft provider remove or install"));
}

// What becomes of the objects of the application that the store has under the name of `desired`.
absl::StatusOr<std::vector<core::v1::ObjectChange>> PlanObjects(const DesiredApplication& desired,
                                                                const Replaced& replaced,
                                                                const Admission::Options& options) {
  PresentApplication present;
  WEFT_ASSIGN_OR_RETURN(present.objects,
                        ReadDesired(*options.store, desired.name_space, desired.name));
  WEFT_ASSIGN_OR_RETURN(present.inventory,
                        ReadInventory(*options.store, desired.name_space, desired.name));
  const auto stored = ReadApplication(*options.store, desired.name_space, desired.name);
  if (stored.ok()) {  // What goes anyhow is not a change.
    std::set<std::string> held = HeldObjects(stored->record);
    for (const auto& object : desired.objects) held.erase(store::ObjectKey(object.object().ref()));
    for (const std::string& key : held) present.objects.erase(key);
  }
  const std::shared_ptr<RuntimeConnection> runtime = options.runtimes->Find(desired.runtime);
  if (runtime != nullptr)
    present.observed = runtime->observed.Of(ApplicationKeyOf(desired.name_space, desired.name));
  return MakeObjectChanges(present, desired, replaced);
}

void AppendTo(const model::Diagnostics& from, model::Diagnostics& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// What an Apply or a Plan came to.
struct Outcome {
  google::protobuf::RepeatedPtrField<common::v1::Diagnostic> diagnostics;
  std::vector<ApplyResponse::Change> changes;
  std::vector<core::v1::ObjectChange> objects;  // Of a Plan.
  std::vector<common::v1::ObjectRef> held;      // As Admission::RenderedAgain.
};

// An application that is rendered again, beside what is stored of it.
struct Again {
  std::string ns, name;
  StoredApplication stored = {};
};

// One Apply, or one Plan. Alive until it has called back.
class Job : public std::enable_shared_from_this<Job> {
 public:
  struct Mode {
    Author author = {};
    bool plan = false;  // Of a dry run: say what becomes of each object.
    std::optional<Again> again = {};
  };
  using Done = std::function<void(absl::StatusOr<Outcome>)>;

  Job(const Admission::Options& options, ApplyRequest request, Done done, Mode mode)
      : options_(options),
        request_(std::move(request)),
        done_(std::move(done)),
        mode_(std::move(mode)) {}

  void Start() {
    if (mode_.again.has_value()) return Attempt();
    if (request_.documents().empty())
      return done_(absl::InvalidArgumentError("no document was given"));
    for (const core::v1::Document& document : request_.documents()) {
      if (document.content().size() > kDocumentBytes)
        return done_(absl::InvalidArgumentError(absl::StrCat(document.name(), " is over 1 MiB")));
      sources_.push_back({document.name(), document.content()});
    }
    Attempt();
  }

  void Refuse() const { done_(absl::ResourceExhaustedError("too many calls wait: try again")); }

 private:
  // From the documents to the store; again from here if the store changed meanwhile.
  void Attempt() {
    CheckRules rules{.runtimes = options_.runtimes->choice(), .system = mode_.author.system};
    if (mode_.again.has_value()) {
      if (absl::Status read = ReadAgain(rules); !read.ok()) return done_(read);
    }
    const std::string ns =
        request_.default_namespace().empty() ? "default" : request_.default_namespace();
    absl::StatusOr<Checked> checked = Check(sources_, ns, *options_.store,
                                            *options_.providers->types(), *options_.decoded, rules);
    if (!checked.ok()) return done_(checked.status());
    // The documents must not move: what was checked points to them.
    checked_ = std::make_unique<Checked>(*std::move(checked));
    diagnostics_ = checked_->diagnostics;
    rendered_.assign(checked_->applications.size(), Rendered{});
    if (model::HasError(diagnostics_)) return Store();
    kept_.clear();
    readings_.clear();
    for (const CheckedApplication& application : checked_->applications) {
      absl::StatusOr<Kept> kept = ReadKept(application.resolved, *options_.store);
      if (!kept.ok()) return done_(kept.status());
      if (mode_.again.has_value()) kept->application = mode_.again->stored.bytes;
      kept_.push_back(*std::move(kept));
      absl::StatusOr<Readings> readings = ReadReadings(application.resolved, application.runtime,
                                                       *options_.runtimes, *options_.store);
      if (!readings.ok()) return done_(readings.status());
      readings_.push_back(*std::move(readings));
    }
    next_ = 0;
    RenderNext();
  }

  // The document as it is stored, and the revisions of its components.
  absl::Status ReadAgain(CheckRules& rules) {
    Again& again = *mode_.again;
    WEFT_ASSIGN_OR_RETURN(again.stored, ReadApplication(*options_.store, again.ns, again.name));
    const store::v1::ApplicationRecord& record = again.stored.record;
    if (record.deleting()) return absl::NotFoundError("it is being deleted");
    sources_ = {{again.name, record.document()}};
    for (const auto& instance : record.instances())
      rules.revisions[instance.component_name()] = instance.revision();
    return absl::OkStatus();
  }

  // The next applications; when there are none, what comes after.
  void RenderNext() {
    const size_t first = next_;
    next_ = std::min(first + kRenderedAtOnce, rendered_.size());
    if (first == next_) return Store();
    // The last answer may begin the next ones, or another attempt, before the loop ends.
    const size_t end = next_;
    pending_ = end - first;
    for (size_t i = first; i < end; ++i) RenderOne(i);
  }

  void RenderOne(size_t i) {
    const CheckedApplication& application = checked_->applications[i];
    RenderInput input{.application = application.resolved,
                      .document = *application.document,
                      .components = {},
                      .installation = options_.installation,
                      .kept = kept_[i],
                      .readings = readings_[i]};
    for (const CheckedComponent& component : checked_->components) {
      const model::Metadata& metadata = component.document->metadata();
      if (metadata.name_space == application.resolved.name_space)
        input.components.emplace(metadata.name, *component.document);
    }
    Render(std::move(input), *options_.providers, *options_.pool,
           [self = shared_from_this(), i](Rendered rendered) {
             {
               std::lock_guard lock(self->mutex_);
               self->rendered_[i] = std::move(rendered);
               if (--self->pending_ > 0) return;
             }
             self->RenderNext();
           });
  }

  void Store() {
    for (const Rendered& rendered : rendered_) AppendTo(rendered.diagnostics, diagnostics_);
    if (model::HasError(diagnostics_)) return Answer({}, {});
    std::vector<DesiredApplication> desired;
    std::vector<Replaced> replaced;  // Of each.
    for (size_t i = 0; i < rendered_.size(); ++i) {
      desired.push_back(MakeDesired(checked_->applications[i], rendered_[i].objects, diagnostics_));
      desired.back().present = kept_[i].application;
      desired.back().types = options_.providers->types();
      desired.back().conditions = readings_[i].conditions;
      desired.back().waiting = rendered_[i].waiting;
      if (mode_.again.has_value()) {
        desired.back().again = true;
        desired.back().restores = mode_.again->stored.record.restores();
      }
      const auto refused = CheckPolicy(desired.back(), options_.policies);
      if (!refused.ok()) return Failed(refused.status());
      AppendTo(*refused, diagnostics_);
      RuntimeVerdict verdict = CheckWithRuntime(desired.back(), *options_.runtimes);
      AppendTo(verdict.diagnostics, diagnostics_);
      replaced.push_back(std::move(verdict.replaced));
    }
    absl::StatusOr<StoredChange> change =
        MakeChange(*checked_, desired, absl::ToUnixMillis(options_.now()), *options_.store);
    if (!change.ok()) return Failed(change.status());
    AppendTo(change->diagnostics, diagnostics_);
    if (model::HasError(diagnostics_)) return Answer({}, {});
    if (mode_.again.has_value()) {
      const absl::StatusOr<bool> may = MayCommitAgain(change->deletions);
      if (!may.ok()) return done_(may.status());
      if (!*may) return done_(Outcome{.held = std::move(change->deletions)});
    }
    std::vector<core::v1::ObjectChange> objects;
    if (mode_.plan) {
      for (size_t i = 0; i < desired.size(); ++i) {
        auto changes = PlanObjects(desired[i], replaced[i], options_);
        if (!changes.ok()) return Failed(changes.status());
        std::move(changes->begin(), changes->end(), std::back_inserter(objects));
      }
    }
    if (!request_.dry_run()) {
      const absl::Status committed = CommitChange(*change, *options_.store, options_.on_stored);
      if (!committed.ok()) return Failed(committed);
      for (const ApplyResponse::Change& applied : change->changes)
        TellChange(applied, mode_.author.name, {.again = mode_.again.has_value()},
                   *options_.events);
    }
    Answer(std::move(change->changes), std::move(objects));
  }

  // A change that nobody asked for deletes little, or what somebody agreed to.
  absl::StatusOr<bool> MayCommitAgain(const std::vector<common::v1::ObjectRef>& deletions) const {
    if (MayDelete(deletions.size(), 0)) return true;
    WEFT_ASSIGN_OR_RETURN(const auto all, options_.store->List(store::kInventories));
    if (MayDelete(deletions.size(), all.size())) return true;
    WEFT_ASSIGN_OR_RETURN(const StoredRenderAgain stored,
                          ReadRenderAgain(*options_.store, mode_.again->ns, mode_.again->name));
    return stored.record.confirmed() == DigestOf({deletions.begin(), deletions.end()});
  }

  void Failed(const absl::Status& status) {
    if (absl::IsAborted(status) && ++attempts_ < kAttempts) return Attempt();
    done_(status);
  }

  void Answer(std::vector<ApplyResponse::Change> changes,
              std::vector<core::v1::ObjectChange> objects) {
    Outcome outcome{{}, std::move(changes), std::move(objects)};
    for (const model::Diagnostic& diagnostic : diagnostics_)
      *outcome.diagnostics.Add() = ToProto(diagnostic);
    done_(std::move(outcome));
  }

  const Admission::Options& options_;
  const ApplyRequest request_;
  const Done done_;
  Mode mode_;
  std::vector<model::Source> sources_;
  std::unique_ptr<Checked> checked_;
  std::vector<Kept> kept_;          // Of each application.
  std::vector<Readings> readings_;  // Of each application.
  std::vector<Rendered> rendered_;  // Of each application.
  model::Diagnostics diagnostics_;
  int attempts_ = 0;
  std::mutex mutex_;
  size_t next_ = 0;     // Of the applications: the first that is not rendered yet.
  size_t pending_ = 0;  // Applications that are being rendered.
};

}  // namespace

void Admission::Apply(ApplyRequest request, Done<ApplyResponse> done, const Author& author) const {
  auto answer = [done = std::move(done)](absl::StatusOr<Outcome> outcome) {
    if (!outcome.ok()) return done(outcome.status());
    ApplyResponse response;
    *response.mutable_diagnostics() = std::move(outcome->diagnostics);
    response.mutable_changes()->Assign(outcome->changes.begin(), outcome->changes.end());
    done(std::move(response));
  };
  auto job = std::make_shared<Job>(options_, std::move(request), std::move(answer),
                                   Job::Mode{.author = author});
  if (!options_.pool->TryRun([job] { job->Start(); })) job->Refuse();
}

void Admission::Plan(core::v1::PlanRequest request, Done<PlanResponse> done) const {
  ApplyRequest apply;
  apply.mutable_documents()->Swap(request.mutable_documents());
  apply.set_default_namespace(request.default_namespace());
  apply.set_dry_run(true);
  auto answer = [done = std::move(done)](absl::StatusOr<Outcome> outcome) {
    if (!outcome.ok()) return done(outcome.status());
    PlanResponse response;
    *response.mutable_diagnostics() = std::move(outcome->diagnostics);
    response.mutable_changes()->Assign(outcome->changes.begin(), outcome->changes.end());
    response.mutable_objects()->Assign(outcome->objects.begin(), outcome->objects.end());
    done(std::move(response));
  };
  auto job =
      std::make_shared<Job>(options_, std::move(apply), std::move(answer), Job::Mode{.plan = true});
  if (!options_.pool->TryRun([job] { job->Start(); })) job->Refuse();
}

void Admission::RenderAgain(const std::string& ns, const std::string& name,
                            Done<RenderedAgain> done) const {
  auto answer = [done = std::move(done)](absl::StatusOr<Outcome> outcome) {
    if (!outcome.ok()) return done(outcome.status());
    for (const common::v1::Diagnostic& diagnostic : outcome->diagnostics) {
      if (diagnostic.severity() == common::v1::SEVERITY_ERROR)
        return done(absl::FailedPreconditionError(
            absl::StrCat(diagnostic.code(), ": ", diagnostic.message())));
    }
    done(RenderedAgain{std::move(outcome->held)});
  };
  auto job = std::make_shared<Job>(
      options_, ApplyRequest(), std::move(answer),
      Job::Mode{.author = {.name = "core", .system = true}, .again = Again{ns, name}});
  if (!options_.pool->TryRun([job] { job->Start(); })) job->Refuse();
}

absl::StatusOr<RollbackResponse> Admission::Rollback(const core::v1::RollbackRequest& request,
                                                     const Author& author) const {
  WEFT_RETURN_IF_ERROR(RefuseSystemNamespace(request.namespace_()));
  // Chosen once: another change meanwhile must not make "the one before" another.
  int64_t generation = request.generation();
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    WEFT_ASSIGN_OR_RETURN(DesiredApplication desired, Restore(request.namespace_(), request.name(),
                                                              generation, *options_.store));
    generation = desired.restores;
    desired.types = options_.providers->types();
    WEFT_ASSIGN_OR_RETURN(model::Diagnostics diagnostics, CheckPolicy(desired, options_.policies));
    // First: it takes time, in which the application may change.
    const RuntimeVerdict verdict = CheckWithRuntime(desired, *options_.runtimes);
    AppendTo(verdict.diagnostics, diagnostics);
    absl::StatusOr<StoredChange> change =
        MakeRestoration(desired, absl::ToUnixMillis(options_.now()), *options_.store);
    status = change.status();
    if (absl::IsAborted(status)) continue;
    if (!status.ok()) return status;
    AppendTo(change->diagnostics, diagnostics);
    RollbackResponse response;
    for (const model::Diagnostic& diagnostic : diagnostics)
      *response.add_diagnostics() = ToProto(diagnostic);
    if (model::HasError(diagnostics)) return response;
    response.set_restored(desired.restores);
    *response.mutable_change() = change->changes.front();
    if (request.dry_run()) {
      WEFT_ASSIGN_OR_RETURN(const auto objects, PlanObjects(desired, verdict.replaced, options_));
      response.mutable_objects()->Assign(objects.begin(), objects.end());
      return response;
    }
    status = CommitChange(*change, *options_.store, options_.on_stored);
    if (absl::IsAborted(status)) continue;
    if (!status.ok()) return status;
    TellChange(response.change(), author.name, {.restores = desired.restores}, *options_.events);
    return response;
  }
  return status;
}

absl::Status Admission::Delete(const std::string& ns, const std::string& name, const Author& author,
                               bool force) const {
  if (!author.system) WEFT_RETURN_IF_ERROR(RefuseSystemNamespace(ns));
  absl::Status status;
  const catalog::TypeTablePtr types = options_.providers->types();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    WEFT_ASSIGN_OR_RETURN(store::Transaction transaction,
                          MakeDeletion(ns, name, absl::ToUnixMillis(options_.now()),
                                       *options_.store, {.force = force, .types = types.get()}));
    if (transaction.puts.empty()) return absl::OkStatus();
    Failpoint("core.record.before");
    status = options_.store->Commit(std::move(transaction));
    Failpoint("core.record.after");
    if (!absl::IsAborted(status)) break;
  }
  if (status.ok()) TellDeletion(ns, name, author.name, force, *options_.events);
  options_.on_stored(ApplicationKeyOf(ns, name));  // Also after an error: it may be stored.
  return status;
}

}  // namespace weft::scheduler
