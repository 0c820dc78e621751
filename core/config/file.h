#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/model/object_reader.h"

namespace weft::config {

// Reads the file at `path`, one YAML map, strictly: `read` takes the fields that are known, every
// other is an error. `what` says in messages what the map is: "a runtime". An empty file is an
// empty map.
//
// NOT_FOUND: there is no such file. INVALID_ARGUMENT: everything that is wrong with it, one
// "PATH:LINE:COLUMN: MESSAGE" a line, or that it cannot be read.
absl::Status ReadFile(const std::string& path, std::string_view what,
                      const std::function<void(model::ObjectReader&)>& read);

// `text` as a YAML scalar: plain where that is safe, else quoted.
std::string YamlScalar(std::string_view text);

}  // namespace weft::config
