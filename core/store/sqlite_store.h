#pragma once

#include <memory>
#include <string>

#include "core/store/store.h"

namespace weft::store {

// A store in one SQLite file. Reads use a connection of their own, so they do not wait for the
// disk. Errors as sqlite::Database::Open.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path);

}  // namespace weft::store
