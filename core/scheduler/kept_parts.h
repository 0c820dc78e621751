#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/merge/merge.h"
#include "core/resolve/resolve.h"
#include "core/store/store.h"

namespace weft::scheduler {

// What stands in for an answer that is missing: of traits whose provider may fail
// (catalog::Type::optional), and of what may not be ready yet (catalog::Type::MayWait).
struct Kept {
  // What such a trait owns of the objects that are stored, as parts that write it again, by
  // instance key. None: nothing is stored of it.
  std::map<std::string, std::vector<merge::Part>> parts;
  // The objects of such a workload, with all that its traits made of them, by instance key.
  std::map<std::string, std::vector<merge::MergedObject>> objects;
  // Such traits that cannot do without an answer all the same: what they removed is not stored.
  std::set<std::string> bound;
  // The bytes of the application that it was read of; nothing: it was not needed, or there is none.
  std::optional<std::string> application;
};

// Of `application`. DATA_LOSS: what is stored cannot be read; else the store's errors.
absl::StatusOr<Kept> ReadKept(const resolve::Application& application, store::Store& store);

}  // namespace weft::scheduler
