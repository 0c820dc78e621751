#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/store/store.h"

// The generations of an object rise for ever, also when it goes and comes again: a call about an
// earlier life of it that arrives late is older than what the runtime has. What an object had when
// it went is kept not for each, but as the highest of all whose keys share a hash.
namespace weft::scheduler {

// The generation that an object begins with, by store::ObjectKey; `transaction`, which makes the
// object, expects that no other went meanwhile. Errors are the store's.
absl::StatusOr<uint64_t> FirstGeneration(const std::string& key, store::Store& store,
                                         store::Transaction& transaction);

// Adds to `transaction`, which forgets objects, what makes those that come again begin above the
// last generations of these, by store::ObjectKey.
absl::Status RememberGenerations(const std::map<std::string, uint64_t>& last, store::Store& store,
                                 store::Transaction& transaction);

}  // namespace weft::scheduler
