#include "core/scheduler/runtime_check.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/claims.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

namespace rt = ::weft::runtime::v1;

constexpr std::chrono::seconds kDeadline(3);
constexpr int kObjectsInACall = 512;  // Source: weft.runtime.v1.

model::Diagnostic Say(const DesiredApplication& desired, const std::string& owner,
                      model::Severity severity, std::string code, std::string message) {
  model::Diagnostic diagnostic = PlaceOf(desired, owner);
  diagnostic.severity = severity;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  return diagnostic;
}

model::Diagnostic SayAway(const DesiredApplication& desired, const std::string& why) {
  return Say(desired, "", model::Severity::kWarning, "RUNTIME_AWAY",
             absl::StrCat("the runtime ", desired.runtime,
                          " could not be asked whether it can carry this out: ", why));
}

// Whether nothing speaks against the object but that it stands there as it is.
bool IsRefusedAsImmutable(const rt::ApplyResponse::Result& result) {
  if (result.immutable().empty()) return false;
  return std::all_of(result.diagnostics().begin(), result.diagnostics().end(),
                     [&](const common::v1::Diagnostic& diagnostic) {
                       return std::find(result.immutable().begin(), result.immutable().end(),
                                        diagnostic.pointer()) != result.immutable().end();
                     });
}

void TakeResult(const DesiredApplication& desired, const store::v1::DesiredRecord& object,
                const rt::ApplyResponse::Result& result, RuntimeVerdict& verdict) {
  if (result.outcome() != rt::APPLY_OUTCOME_REFUSED) return;
  if (object.replace() && IsRefusedAsImmutable(result)) {
    verdict.replaced[store::ObjectKey(object.object().ref())].assign(result.immutable().begin(),
                                                                     result.immutable().end());
    return;
  }
  model::Diagnostics& diagnostics = verdict.diagnostics;
  const std::string name =
      absl::StrCat(object.object().ref().kind(), "/", object.object().ref().name());
  if (result.diagnostics().empty()) {
    diagnostics.push_back(Say(desired, object.owner(), model::Severity::kError, "RUNTIME_REFUSED",
                              absl::StrCat("the runtime refuses ", name, ": ", result.message())));
  }
  for (const common::v1::Diagnostic& diagnostic : result.diagnostics()) {
    diagnostics.push_back(Say(desired, object.owner(), model::Severity::kError, diagnostic.code(),
                              absl::StrCat("the runtime refuses ", name, " at ",
                                           diagnostic.pointer(), ": ", diagnostic.message())));
  }
}

}  // namespace

RuntimeVerdict CheckWithRuntime(const DesiredApplication& desired, const Runtimes& runtimes) {
  const std::shared_ptr<RuntimeConnection> runtime = runtimes.Find(desired.runtime);
  if (runtime == nullptr) return {{SayAway(desired, "it is not configured")}, {}};
  RuntimeVerdict verdict;
  const int objects = static_cast<int>(desired.objects.size());
  for (int from = 0; from < objects; from += kObjectsInACall) {
    rt::ApplyRequest request;
    request.set_dry_run(true);
    const int to = std::min(from + kObjectsInACall, objects);
    for (int i = from; i < to; ++i) {
      rt::AppliedObject* object = request.add_objects();
      *object->mutable_object() = desired.objects[i].object();
      object->set_owner(desired.objects[i].owner());
      object->set_generation(1);
      *object->mutable_steered() = SteeredFor(desired.objects[i], store::v1::InventoryRecord());
    }
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    rt::ApplyResponse response;
    const grpc::Status status = runtime->stub->Apply(&context, request, &response);
    if (!status.ok()) {
      verdict.diagnostics.push_back(SayAway(desired, status.error_message()));
      return verdict;
    }
    for (int i = 0; i < response.results_size() && from + i < to; ++i)
      TakeResult(desired, desired.objects[from + i], response.results(i), verdict);
  }
  return verdict;
}

}  // namespace weft::scheduler
