// An instance that reads what its provider reports, and is rendered again when that changes.
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
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

// As Rerenderer does it: an application once at a time.
void Simulation::RenderAgain(const std::string& application) {
  const auto [ns, name] = scheduler::SplitApplicationKey(application);
  const auto due = scheduler::ReadRenderAgain(*store_, ns, name);
  if (!due.ok() || !due->bytes.has_value()) return;
  if (crashed_ || !rendering_again_.insert(application).second) return;
  Note(absl::StrCat("render ", application, " again"));
  admission_->RenderAgain(
      ns, name,
      [this, application](const absl::StatusOr<scheduler::Admission::RenderedAgain>& rendered) {
        rendering_again_.erase(application);
        Note(absl::StrCat(
            application, " is rendered again",
            rendered.ok() ? "" : absl::StrCat(" or not: ", rendered.status().message())));
      });
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
    } else if (const auto json = json::Parse(object->second.object().json());
               absl::StrCat(json::GetInt(*json, {"of"})) != report->second.state()) {
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
