#include "core/scheduler/instance_reports.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/live_instances.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

constexpr size_t kStateBytes = 16 * 1024;  // Source: weft.core.v1.ReportRequest.
constexpr int kAttempts = 10;              // While the application changes.

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
                         store::Store& store) {
  if (request.state().size() > kStateBytes)
    return absl::InvalidArgumentError(absl::StrCat("the state of ", request.instance(), " has ",
                                                   request.state().size(), " bytes, at most ",
                                                   kStateBytes, " are stored"));
  const auto [ns, name] = SplitApplicationKey(ApplicationOfInstance(request.instance()));
  store::v1::ReportRecord report;
  report.set_state(request.state());
  if (request.has_health()) *report.mutable_health() = request.health();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const absl::StatusOr<StoredApplication> stored = ReadApplication(store, ns, name);
    if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
    const provider::v1::Instance* instance = stored.ok() && !stored->record.deleting()
                                                 ? FindInstance(stored->record, request.instance())
                                                 : nullptr;
    if (instance == nullptr)
      return absl::NotFoundError(absl::StrCat("there is no instance ", request.instance()));
    WEFT_RETURN_IF_ERROR(permitted(instance->type()));
    store::Transaction transaction;
    transaction.Expect(store::ApplicationKey(ns, name), stored->bytes);
    transaction.Put(store::ReportKey(request.instance()), report.SerializeAsString());
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
