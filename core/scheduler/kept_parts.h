#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/merge/merge.h"
#include "core/resolve/resolve.h"
#include "core/store/store.h"

namespace weft::scheduler {

// What stands in for traits whose provider may fail (catalog::Type::optional), should it do so.
struct Kept {
  // What they own of the objects that are stored, as parts that write it again, by instance key.
  // None: nothing is stored of them.
  std::map<std::string, std::vector<merge::Part>> parts;
  // The bytes of the application that it was read of; nothing: it was not needed, or there is none.
  std::optional<std::string> application;
};

// Of the traits of `application`. What a trait removed is not stored: one that stands there already
// and may remove something is made one that cannot do without its answer. DATA_LOSS: what is stored
// cannot be read; else the store's errors.
absl::StatusOr<Kept> ReadKept(resolve::Application& application, store::Store& store);

}  // namespace weft::scheduler
