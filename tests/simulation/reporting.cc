// An instance that reads what its provider reports, and is rendered again when that changes.
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/scheduler/admission_store.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/live_instances.h"
#include "core/scheduler/records.h"
#include "core/scheduler/render_again.h"
#include "core/store/keys.h"
#include "tests/simulation/failing.h"

namespace weft::simulation {
namespace {

constexpr char kReader[] = "front";

std::string ReaderOf(const std::string& name) {
  return absl::StrCat(kNamespace, "/", name, "/", kReader);
}

bool HasReader(const store::v1::ApplicationRecord& record) {
  return !record.deleting() && scheduler::FindInstance(record, ReaderOf(record.name())) != nullptr;
}

}  // namespace

// What waits stays as it was; if it is new, without objects.
absl::Status Simulation::Keep(const std::string& instance, scheduler::DesiredApplication& desired) {
  std::erase_if(desired.objects, [&](const auto& object) { return object.owner() == instance; });
  const auto stored = scheduler::ReadApplication(*store_, kNamespace, desired.name);
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(stored.status());
  if (!desired.present.has_value()) desired.present = stored->bytes;
  WEFT_ASSIGN_OR_RETURN(const auto objects,
                        scheduler::ReadDesired(*store_, kNamespace, desired.name));
  for (const auto& [key, object] : objects) {
    if (object.owner() == instance) desired.objects.push_back(object);
  }
  return absl::OkStatus();
}

// As providers and Admission do it: what reads a state has it in its objects, and nothing without.
absl::Status Simulation::Render(scheduler::DesiredApplication& desired) {
  const std::string reader = ReaderOf(desired.name);
  for (auto& instance : desired.instances) {
    if (instance.instance().key() != reader) continue;
    instance.mutable_reads()->set_state(true);
    const std::string key = store::ReportKey(reader);
    const absl::StatusOr<std::string> bytes = store_->Get(key);
    if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
    desired.conditions.push_back({key, bytes.ok() ? std::optional(*bytes) : std::nullopt});
    store::v1::ReportRecord report;
    if (bytes.ok()) report.ParseFromString(*bytes);
    if (report.state().empty()) {
      desired.waiting[reader] = {"nothing was reported", absl::Seconds(1)};
      return Keep(reader, desired);
    }
    for (store::v1::DesiredRecord& object : desired.objects) {
      if (object.owner() == reader)
        object.mutable_object()->set_json(
            absl::StrCat("{\"of\":", report.state(), ",\"was\":", object.object().json(), "}"));
    }
  }
  return absl::OkStatus();
}

void Simulation::Report(const std::string& name) {
  const auto stored = scheduler::ReadApplication(durable_, kNamespace, name);
  if (!stored.ok() || !HasReader(stored->record)) return;
  now_ += absl::Milliseconds(1);
  core::v1::ReportRequest request;
  request.set_instance(ReaderOf(name));
  request.set_state(absl::StrCat(1 + random_.Below(4)));
  const absl::Status status = scheduler::StoreReport(
      request, [](const std::string&) { return absl::OkStatus(); }, absl::ToUnixMillis(now_),
      *store_);
  Note(absl::StrCat("provider: ", request.instance(), " is ", request.state(),
                    status.ok() ? "" : " or not"));
}

// As Rerenderer and Admission do it.
void Simulation::RenderAgain(const std::string& application) {
  Note(absl::StrCat("render ", application, " again"));
  const auto [ns, name] = scheduler::SplitApplicationKey(application);
  const auto due = scheduler::ReadRenderAgain(*store_, ns, name);
  if (!due.ok() || !due->bytes.has_value()) return;
  const auto stored = scheduler::ReadApplication(*store_, ns, name);
  if (!stored.ok() || stored->record.deleting()) return;
  scheduler::DesiredApplication desired = MakeApplication(name, stored->record.document());
  desired.present = stored->bytes;
  desired.again = true;
  desired.restores = stored->record.restores();
  if (!Render(desired).ok()) return;
  auto change = scheduler::MakeRestoration(desired, absl::ToUnixMillis(now_), *store_);
  if (!change.ok() || model::HasError(change->diagnostics)) return;
  scheduler::CommitChange(*change, *store_, [&](const std::string& changed) {
    if (!crashed_) dirty_.insert(changed);
  }).IgnoreError();
}

std::vector<std::string> Simulation::ToRenderAgain() {
  std::vector<std::string> applications;
  for (const auto& [key, value] : Stored(store::kRenderAgain))
    applications.push_back(key.substr(key.find('/') + 1));
  return applications;
}

// What reads has what was reported last, and nothing waits any more.
void Simulation::CheckReports() {
  for (const std::string& application : ToRenderAgain())
    Violated(absl::StrCat(application, " is to be rendered again for ever"));
  for (const std::string& name : Names()) {
    const auto stored = scheduler::ReadApplication(durable_, kNamespace, name);
    if (!stored.ok() || !HasReader(stored->record)) continue;
    const auto reports = scheduler::ReadReports(durable_, kNamespace, name);
    const auto report = reports->find(ReaderOf(name));
    const auto desired = scheduler::ReadDesired(durable_, kNamespace, name);
    const auto object =
        desired->find(absl::StrCat("apps/v1|Deployment|", kNamespace, "|", kReader));
    if (report == reports->end() || object == desired->end()) {
      Violated(absl::StrCat(ReaderOf(name), " waits for ever"));
    } else if (!object->second.object().json().starts_with(
                   absl::StrCat("{\"of\":", report->second.state(), ","))) {
      Violated(absl::StrCat(ReaderOf(name), " is ", object->second.object().json(), ", and ",
                            report->second.state(), " was reported"));
    }
  }
  for (const auto& [key, value] : Stored("report/")) {
    const std::string instance = key.substr(key.find('/') + 1);
    const auto [ns, name] =
        scheduler::SplitApplicationKey(scheduler::ApplicationOfInstance(instance));
    const auto stored = scheduler::ReadApplication(durable_, ns, name);
    if (!stored.ok() || scheduler::FindInstance(stored->record, instance) == nullptr)
      Violated(absl::StrCat("a report of ", instance, " is left"));
  }
}

}  // namespace weft::simulation
