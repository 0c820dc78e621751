#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "core/base/json.h"

// What keeps a validator from running away with a schema or a value that others wrote.
namespace weft::resolve {

// The longest text that is matched against regular expressions: std::regex takes stack for every
// character, and 20,000 of them exhaust a thread's 8 MiB.
inline constexpr size_t kMaxMatchedBytes = 2048;

// Whether every $ref in `schema` leads to a place in `schema` and no schema contains itself, so
// that a validator that follows them ends. Anything else is INVALID_ARGUMENT, as is a schema of
// more than 10,000 parts with its references written out. Never throws.
absl::Status CheckReferences(const json::value& schema);

// What `part` of `schema` stands for: itself, or what its $ref leads to. Null if that is nowhere.
// `schema` satisfies CheckReferences. The pointer lives as long as `schema`.
const json::value* Dereference(const json::value& schema, const json::value* part);

// The pointer of the first text in `value` that is longer than kMaxMatchedBytes, if `schema` has
// regular expressions anywhere.
std::optional<std::string> FindUnmatchable(const json::value& value, const json::value& schema);

}  // namespace weft::resolve
