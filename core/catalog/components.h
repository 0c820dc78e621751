#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/model/document.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

// Component revisions in the store. A component is immutable (OAM v1alpha1, section 3): a change
// makes a new revision.
namespace weft::catalog {

// The latest revision of a component, or NOT_FOUND.
absl::StatusOr<store::v1::ComponentRecord> LatestRevision(store::Store& store,
                                                          const std::string& ns,
                                                          const std::string& name);

// One revision of a component. FAILED_PRECONDITION: it is not kept any more.
absl::StatusOr<store::v1::ComponentRecord> FindRevision(store::Store& store, const std::string& ns,
                                                        const std::string& name, int64_t revision);

// The names of all components of a namespace, sorted.
absl::StatusOr<std::vector<std::string>> ComponentNames(store::Store& store, const std::string& ns);

// The component of a record. DATA_LOSS: its document cannot be read any more.
absl::StatusOr<model::ComponentSchematic> ReadRevision(const store::v1::ComponentRecord& record);

// So many of a component's revisions are kept, the latest ones. None is needed to run what uses it:
// that stands in the applications' desired objects.
inline constexpr int64_t kKeptRevisions = 20;

// Adds to `transaction` what makes `component` the latest revision, after `latest` (null: it is the
// first), and expects that nobody else does so meanwhile. The oldest one over kKeptRevisions goes.
// Returns the new record.
store::v1::ComponentRecord PutRevision(const model::Document& component,
                                       const store::v1::ComponentRecord* latest,
                                       int64_t now_unix_ms, store::Transaction& transaction);

}  // namespace weft::catalog
