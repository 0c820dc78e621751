#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"
#include "weft/core/v1/instances.pb.h"

// What providers reported about their instances (weft.core.v1.Instances.Report).
namespace weft::scheduler {

// The reports of an application, by instance key.
absl::StatusOr<std::map<std::string, store::v1::ReportRecord>> ReadReports(store::Store& store,
                                                                           const std::string& ns,
                                                                           const std::string& name);

// Stores what was reported about an instance, if `permitted` says OK of its type, and returns when
// it is durable. If something of the application reads what changed, the application is to be
// rendered again from `now` on. INVALID_ARGUMENT: a limit of ReportRequest; NOT_FOUND: no such
// instance; UNAVAILABLE: the application changed all the time.
absl::Status StoreReport(const core::v1::ReportRequest& request,
                         const std::function<absl::Status(const std::string& type)>& permitted,
                         int64_t now_unix_ms, store::Store& store);

// Deletes, with `transaction`, what was reported about the instances that `before` has and `after`
// has not; null: the application goes.
void DropReports(const store::v1::ApplicationRecord& before,
                 const store::v1::ApplicationRecord* after, store::Transaction& transaction);

}  // namespace weft::scheduler
