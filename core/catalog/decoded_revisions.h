#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "core/model/document.h"
#include "core/store/records.pb.h"

namespace weft::catalog {

// Component revisions as they were decoded from the store: an apply that names a component which it
// does not bring would else spend most of its time on reading the same document again. What was not
// used for longest goes first. Thread-safe.
class DecodedRevisions {
 public:
  // `most_bytes`: of documents; what is decoded from them takes a few times as much.
  explicit DecodedRevisions(size_t most_bytes = size_t{4} << 20) : most_bytes_(most_bytes) {}

  // As ReadRevision.
  absl::StatusOr<std::shared_ptr<const model::ComponentSchematic>> Read(
      const store::v1::ComponentRecord& record);

 private:
  struct Decoded {
    std::string document;
    std::shared_ptr<const model::ComponentSchematic> component;
  };
  using Revisions = std::map<std::string, Decoded>;  // By store::RevisionKey.

  void Keep(const std::string& key, Decoded decoded);  // mutex_ is held.

  const size_t most_bytes_;
  std::mutex mutex_;
  // Guarded by mutex_. When half of what may be kept was used anew, the other half goes.
  Revisions recent_, older_;
  size_t recent_bytes_ = 0;
};

}  // namespace weft::catalog
