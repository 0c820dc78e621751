#include "core/scheduler/admission.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/failpoint.h"
#include "core/base/status.h"
#include "core/scheduler/admission_check.h"
#include "core/scheduler/admission_store.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/provider_diagnostics.h"
#include "core/scheduler/rendering.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

namespace rt = ::weft::runtime::v1;
using core::v1::ApplyRequest;
using core::v1::ApplyResponse;

constexpr int kAttempts = 10;
// Applications of one call. Fewer than may wait for a provider (mesh::Bulkhead), so that a call is
// never refused for its own size.
constexpr size_t kRenderedAtOnce = 32;
constexpr size_t kDocumentBytes = 1024 * 1024;  // Source: weft.core.v1.Document.
constexpr std::chrono::seconds kDryRunDeadline(3);
constexpr int kObjectsInACall = 512;  // Source: weft.runtime.v1.

// One Apply. Alive until it has called back.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(const Admission::Options& options, ApplyRequest request, Admission::Done done, bool system)
      : options_(options), request_(std::move(request)), done_(std::move(done)), system_(system) {}

  void Start() {
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
    const std::string ns =
        request_.default_namespace().empty() ? "default" : request_.default_namespace();
    absl::StatusOr<Checked> checked =
        Check(sources_, ns, *options_.store, *options_.providers->types(),
              {.runtimes = options_.runtimes->choice(), .system = system_});
    if (!checked.ok()) return done_(checked.status());
    // The documents must not move: what was checked points to them.
    checked_ = std::make_unique<Checked>(*std::move(checked));
    diagnostics_ = checked_->diagnostics;
    rendered_.assign(checked_->applications.size(), Rendered{});
    if (model::HasError(diagnostics_)) return Store();
    next_ = 0;
    RenderNext();
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
    RenderInput input{application.resolved, *application.document, {}, options_.installation};
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
    for (Rendered& rendered : rendered_) {
      diagnostics_.insert(diagnostics_.end(), rendered.diagnostics.begin(),
                          rendered.diagnostics.end());
    }
    if (model::HasError(diagnostics_)) return Answer({});
    std::vector<DesiredApplication> desired;
    for (size_t i = 0; i < rendered_.size(); ++i) {
      desired.push_back(MakeDesired(checked_->applications[i], rendered_[i].objects, diagnostics_));
      AskRuntime(desired.back());
    }
    absl::StatusOr<StoredChange> change =
        MakeChange(*checked_, desired, absl::ToUnixMillis(absl::Now()), *options_.store);
    if (!change.ok()) return Failed(change.status());
    diagnostics_.insert(diagnostics_.end(), change->diagnostics.begin(), change->diagnostics.end());
    if (model::HasError(diagnostics_)) return Answer({});
    if (!request_.dry_run() &&
        !(change->transaction.puts.empty() && change->transaction.deletes.empty())) {
      Failpoint("core.record.before");
      const absl::Status committed = options_.store->Commit(std::move(change->transaction));
      Failpoint("core.record.after");
      if (!committed.ok()) return Failed(committed);
      for (const std::string& application : change->applications) options_.on_stored(application);
    }
    Answer(change->changes);
  }

  void Failed(const absl::Status& status) {
    if (absl::IsAborted(status) && ++attempts_ < kAttempts) return Attempt();
    done_(status);
  }

  // Asks whether the platform could carry the objects out. A runtime that cannot be asked says so
  // later, in the application's status.
  void AskRuntime(const DesiredApplication& desired) {
    const std::shared_ptr<RuntimeConnection> runtime =
        options_.runtimes->Find(desired.checked->runtime);
    if (runtime == nullptr) return RuntimeAway(desired, "it is not configured");
    for (int from = 0; from < static_cast<int>(desired.objects.size()); from += kObjectsInACall) {
      rt::ApplyRequest request;
      request.set_dry_run(true);
      const int to =
          std::min<int>(from + kObjectsInACall, static_cast<int>(desired.objects.size()));
      for (int i = from; i < to; ++i) {
        rt::AppliedObject* object = request.add_objects();
        *object->mutable_object() = desired.objects[i].object();
        object->set_owner(desired.objects[i].owner());
        object->set_generation(1);
        *object->mutable_steered() = SteeredFor(desired.objects[i], store::v1::InventoryRecord());
      }
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kDryRunDeadline);
      rt::ApplyResponse response;
      const grpc::Status status = runtime->stub->Apply(&context, request, &response);
      if (!status.ok()) return RuntimeAway(desired, status.error_message());
      for (int i = 0; i < response.results_size() && from + i < to; ++i)
        TakeRuntimeResult(desired, desired.objects[from + i], response.results(i));
    }
  }

  void RuntimeAway(const DesiredApplication& desired, const std::string& why) {
    AddRuntimeDiagnostic(desired, "", model::Severity::kWarning, "RUNTIME_AWAY",
                         absl::StrCat("the runtime ", desired.checked->runtime,
                                      " could not be asked whether it can carry this out: ", why));
  }

  void TakeRuntimeResult(const DesiredApplication& desired, const store::v1::DesiredRecord& object,
                         const rt::ApplyResponse::Result& result) {
    if (result.outcome() != rt::APPLY_OUTCOME_REFUSED) return;
    const std::string name =
        absl::StrCat(object.object().ref().kind(), "/", object.object().ref().name());
    if (result.diagnostics().empty()) {
      AddRuntimeDiagnostic(desired, object.owner(), model::Severity::kError, "RUNTIME_REFUSED",
                           absl::StrCat("the runtime refuses ", name, ": ", result.message()));
    }
    for (const common::v1::Diagnostic& diagnostic : result.diagnostics()) {
      AddRuntimeDiagnostic(desired, object.owner(), model::Severity::kError, diagnostic.code(),
                           absl::StrCat("the runtime refuses ", name, " at ", diagnostic.pointer(),
                                        ": ", diagnostic.message()));
    }
  }

  void AddRuntimeDiagnostic(const DesiredApplication& desired, const std::string& owner,
                            model::Severity severity, std::string code, std::string message) {
    std::string pointer = "/metadata/name";
    for (const resolve::WorkloadInstance& instance : desired.checked->resolved.instances) {
      if (instance.key == owner) pointer = instance.pointer;
    }
    model::Diagnostic diagnostic =
        model::Place(*desired.checked->document, pointer, model::At::kValue);
    diagnostic.severity = severity;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostics_.push_back(std::move(diagnostic));
  }

  void Answer(const std::vector<ApplyResponse::Change>& changes) {
    ApplyResponse response;
    for (const model::Diagnostic& diagnostic : diagnostics_)
      *response.add_diagnostics() = ToProto(diagnostic);
    for (const ApplyResponse::Change& change : changes) *response.add_changes() = change;
    done_(std::move(response));
  }

  const Admission::Options& options_;
  const ApplyRequest request_;
  const Admission::Done done_;
  const bool system_;
  std::vector<model::Source> sources_;
  std::unique_ptr<Checked> checked_;
  std::vector<Rendered> rendered_;  // Of each application.
  model::Diagnostics diagnostics_;
  int attempts_ = 0;
  std::mutex mutex_;
  size_t next_ = 0;     // Of the applications: the first that is not rendered yet.
  size_t pending_ = 0;  // Applications that are being rendered.
};

}  // namespace

void Admission::Apply(ApplyRequest request, Done done, bool system) const {
  auto job = std::make_shared<Job>(options_, std::move(request), std::move(done), system);
  if (!options_.pool->TryRun([job] { job->Start(); })) job->Refuse();
}

absl::Status Admission::Delete(const std::string& ns, const std::string& name, bool system) const {
  if (ns == kSystemNamespace && !system)
    return absl::FailedPreconditionError(absl::StrCat(
        "what is in ", kSystemNamespace, " is the installation's own: use weft provider remove"));
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    WEFT_ASSIGN_OR_RETURN(store::Transaction transaction,
                          MakeDeletion(ns, name, absl::ToUnixMillis(absl::Now()), *options_.store));
    if (transaction.puts.empty()) return absl::OkStatus();
    Failpoint("core.record.before");
    status = options_.store->Commit(std::move(transaction));
    Failpoint("core.record.after");
    if (!absl::IsAborted(status)) break;
  }
  if (status.ok()) options_.on_stored(ApplicationKeyOf(ns, name));
  return status;
}

}  // namespace weft::scheduler
