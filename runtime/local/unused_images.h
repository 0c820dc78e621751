#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object_store.h"

namespace weft::local {

// The engine's images that no container has, whosever it is, and no accepted object names.
absl::StatusOr<std::vector<engine::Image>> UnusedImages(engine::Engine& engine,
                                                        const ObjectStore& objects);

// Removes those among them whose ids are in `ids` (empty: all), and returns those that went: one
// that is used when its turn comes stays, and so does one that the engine does not remove. An
// error: the engine is away, or did not answer what was asked first.
absl::StatusOr<std::vector<engine::Image>> RemoveUnusedImages(engine::Engine& engine,
                                                              const ObjectStore& objects,
                                                              const std::vector<std::string>& ids);

}  // namespace weft::local
