#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

// Applications that are to be rendered again without their user's doing: something of them was not
// ready, or reads what a provider reported. Rendered so, an application keeps its document and the
// revisions of its components.
namespace weft::scheduler {

// A record as it was read, with its bytes; nothing: there is none.
struct StoredRenderAgain {
  store::v1::RenderAgainRecord record;
  std::optional<std::string> bytes;
};

// DATA_LOSS: it cannot be read; else the store's errors.
absl::StatusOr<StoredRenderAgain> ReadRenderAgain(store::Store& store, const std::string& ns,
                                                  const std::string& name);

// Whether something of the application reads what providers report.
bool ReadsReports(const store::v1::ApplicationRecord& record);

// What tells apart what the application reads of `reports` (by instance key). Empty: nothing reads.
std::string DigestOfReports(const store::v1::ApplicationRecord& record,
                            const std::map<std::string, store::v1::ReportRecord>& reports);

// What tells apart which objects would be deleted, in whatever order: for Applications.Confirm.
// Empty: none.
std::string DigestOf(const google::protobuf::RepeatedPtrField<common::v1::ObjectRef>& objects);

// Whether a change that no user asked for may delete so many objects of an installation that has
// `all`, with nobody's consent: at most 10, or 1 %, whichever is more.
bool MayDelete(size_t deleted, size_t all);

// Agrees to delete what is held back of an application. Statuses as Applications.Confirm; ABORTED:
// it changed meanwhile.
absl::Status ConfirmDeletions(const std::string& ns, const std::string& name,
                              const std::string& digest, int64_t now_unix_ms, store::Store& store);

}  // namespace weft::scheduler
