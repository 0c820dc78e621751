#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/scheduler/runtimes.h"
#include "core/store/store.h"
#include "weft/runtime/v1/runtime.pb.h"

namespace weft::scheduler {

// An object of this installation on a platform, of which the store knows nothing.
struct Orphan {
  std::string runtime;
  runtime::v1::Projection object;
};

// The name of an orphan's place in the list of all.
std::string OrphanKey(const Orphan& orphan);

// At most `most` orphans, by runtime and object, behind the one whose key is `after` ("": from the
// first). Pods that a platform made for another object are none. Blocks for the store, which is
// asked for every object that is looked at; its errors are returned. Thread-safe.
absl::StatusOr<std::vector<Orphan>> FindOrphans(const Runtimes& runtimes, store::Store& store,
                                                const std::string& after, size_t most);

}  // namespace weft::scheduler
