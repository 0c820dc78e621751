#include "core/scheduler/instance_reports.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/model/names.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/live_instances.h"
#include "core/scheduler/records.h"
#include "core/scheduler/render_again.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

constexpr size_t kReportBytes = 16 * 1024;  // Source: weft.core.v1.ReportRequest.
constexpr int kAttempts = 10;               // While the application changes.

absl::Status CheckLimits(const core::v1::ReportRequest& request) {
  size_t bytes = request.state().size();
  std::set<std::string> names;
  for (const provider::v1::Output& output : request.outputs()) {
    bytes += output.name().size() + output.value().size();
    if (!model::IsDnsLabel(output.name()))
      return absl::InvalidArgumentError(absl::StrCat("the output name '", output.name(), "' of ",
                                                     request.instance(), " is no DNS label"));
    if (!names.insert(output.name()).second)
      return absl::InvalidArgumentError(absl::StrCat("the output ", output.name(), " of ",
                                                     request.instance(), " is there twice"));
  }
  if (bytes <= kReportBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      request.outputs().empty() ? "the state of " : "what is reported of ", request.instance(),
      " has ", bytes, " bytes, at most ", kReportBytes, " are stored"));
}

store::v1::ReportRecord MakeReport(const core::v1::ReportRequest& request) {
  store::v1::ReportRecord report;
  report.set_state(request.state());
  if (request.has_health()) *report.mutable_health() = request.health();
  std::map<std::string, std::string> outputs;
  for (const provider::v1::Output& output : request.outputs())
    outputs.emplace(output.name(), output.value());
  for (const auto& [name, value] : outputs) {
    provider::v1::Output* output = report.add_outputs();
    output->set_name(name);
    output->set_value(value);
  }
  return report;
}

absl::StatusOr<std::optional<std::string>> GetIfThere(store::Store& store, const std::string& key) {
  absl::StatusOr<std::string> bytes = store.Get(key);
  if (absl::IsNotFound(bytes.status())) return std::nullopt;
  if (!bytes.ok()) return bytes.status();
  return *std::move(bytes);
}

bool HasSameOutputs(const store::v1::ReportRecord& a, const store::v1::ReportRecord& b) {
  return std::equal(a.outputs().begin(), a.outputs().end(), b.outputs().begin(), b.outputs().end(),
                    [](const provider::v1::Output& x, const provider::v1::Output& y) {
                      return x.name() == y.name() && x.value() == y.value();
                    });
}

// Whether something was rendered from what `instance` now reports otherwise than `before`.
bool IsRead(const store::v1::ApplicationRecord& record, const std::string& instance,
            const std::optional<std::string>& before, const store::v1::ReportRecord& report) {
  store::v1::ReportRecord old;
  if (before.has_value() && !old.ParseFromString(*before)) return true;
  const bool other_state = old.state() != report.state();
  const bool other_outputs = !HasSameOutputs(old, report);
  const auto reads = [&](const auto& of) {
    return (other_state && of.reads().state() && of.instance().key() == instance) ||
           (other_outputs && of.reads().peers());
  };
  return std::ranges::any_of(record.instances(), [&](const auto& workload) {
    return reads(workload) || std::ranges::any_of(workload.traits(), reads);
  });
}

// Adds that the application is to be rendered again now.
absl::Status DemandRender(const std::string& ns, const std::string& name, int64_t now_unix_ms,
                          store::Store& store, store::Transaction& transaction) {
  WEFT_ASSIGN_OR_RETURN(StoredRenderAgain again, ReadRenderAgain(store, ns, name));
  const std::string key = store::RenderAgainKey(ns, name);
  transaction.Expect(key, again.bytes);
  again.record.set_due_unix_ms(now_unix_ms);
  again.record.clear_failures();
  again.record.clear_held();
  transaction.Put(key, again.record.SerializeAsString());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::map<std::string, store::v1::ReportRecord>> ReadReports(
    store::Store& store, const std::string& ns, const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(const auto entries, store.List(store::ReportPrefix(ns, name)));
  const size_t prefix = store::ReportKey("").size();
  std::map<std::string, store::v1::ReportRecord> reports;
  for (const auto& [key, bytes] : entries) {
    if (!reports[key.substr(prefix)].ParseFromString(bytes))
      return absl::DataLossError(absl::StrCat("the stored ", key, " cannot be read"));
  }
  return reports;
}

absl::Status StoreReport(const core::v1::ReportRequest& request,
                         const std::function<absl::Status(const std::string& type)>& permitted,
                         int64_t now_unix_ms, store::Store& store) {
  WEFT_RETURN_IF_ERROR(CheckLimits(request));
  const auto [ns, name] = SplitApplicationKey(ApplicationOfInstance(request.instance()));
  const store::v1::ReportRecord report = MakeReport(request);
  const std::string key = store::ReportKey(request.instance()), bytes = report.SerializeAsString();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const absl::StatusOr<StoredApplication> stored = ReadApplication(store, ns, name);
    if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
    const provider::v1::Instance* instance = stored.ok() && !stored->record.deleting()
                                                 ? FindInstance(stored->record, request.instance())
                                                 : nullptr;
    if (instance == nullptr)
      return absl::NotFoundError(absl::StrCat("there is no instance ", request.instance()));
    WEFT_RETURN_IF_ERROR(permitted(instance->type()));
    WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> before, GetIfThere(store, key));
    if (before == bytes) return absl::OkStatus();
    store::Transaction transaction;
    transaction.Expect(store::ApplicationKey(ns, name), stored->bytes);
    transaction.Expect(key, before);
    transaction.Put(key, bytes);
    if (IsRead(stored->record, request.instance(), before, report))
      WEFT_RETURN_IF_ERROR(DemandRender(ns, name, now_unix_ms, store, transaction));
    const absl::Status committed = store.Commit(std::move(transaction));
    if (!absl::IsAborted(committed)) return committed;
  }
  return absl::UnavailableError(
      absl::StrCat("the application of ", request.instance(), " changes all the time"));
}

void DropReports(const store::v1::ApplicationRecord& before,
                 const store::v1::ApplicationRecord* after, store::Transaction& transaction) {
  const auto drop = [&](const std::string& key) {
    if (after == nullptr || FindInstance(*after, key) == nullptr)
      transaction.Delete(store::ReportKey(key));
  };
  for (const store::v1::InstanceRecord& workload : before.instances()) {
    drop(workload.instance().key());
    for (const store::v1::TraitRecord& trait : workload.traits()) drop(trait.instance().key());
  }
}

}  // namespace weft::scheduler
