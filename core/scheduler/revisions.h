#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/scheduler/desired_application.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"

// What applications were before they became what they are, with their objects: so that they can be
// so again without anybody being asked.
namespace weft::scheduler {

// How many revisions are kept of an application, beside the present one.
inline constexpr int kRevisionsKept = 10;

// Adds to `transaction` what keeps `before`, with its objects, as the latest of the earlier
// revisions, and what drops the one that is too many. `transaction` makes the application another.
void KeepRevision(const store::v1::ApplicationRecord& before,
                  const std::map<std::string, store::v1::DesiredRecord>& objects,
                  store::Transaction& transaction);

// Adds to `transaction`, which deletes the application, what deletes its earlier revisions.
absl::Status DropRevisions(const std::string& ns, const std::string& name, store::Store& store,
                           store::Transaction& transaction);

// NOT_FOUND: there is no such application. DATA_LOSS: something cannot be read.
absl::StatusOr<core::v1::HistoryResponse> ReadHistory(const std::string& ns,
                                                      const std::string& name, store::Store& store);

// The application as it was at `generation`; 0: before it became what it is. It stays on the
// runtime where it is. NOT_FOUND: there is no such application, or that is not kept, with what is;
// FAILED_PRECONDITION: it is being deleted, or it never was anything else.
absl::StatusOr<DesiredApplication> Restore(const std::string& ns, const std::string& name,
                                           int64_t generation, store::Store& store);

}  // namespace weft::scheduler
