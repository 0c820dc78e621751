#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"

namespace weft::resolve {

// How a value departs from a schema.
struct Violation {
  std::string pointer;  // RFC 6901, into the value.
  bool of_key = false;  // The key at `pointer` is wrong, not its value.
  std::string missing;  // Of MISSING_PROPERTY: the name of the property.
  std::string code;     // MISSING_PROPERTY, UNKNOWN_PROPERTY, BAD_PROPERTY, BAD_SCHEMA,
                        // LIMIT
  std::string message;
  std::string found;
  std::string expected;
  std::string hint;
};

// Everything in which `value` departs from the JSON Schema `schema` (draft 7; null: only an empty
// object satisfies it). A schema that cannot be used is one BAD_SCHEMA. Pure, thread-safe, never
// throws.
std::vector<Violation> Validate(const json::value& value, const json::value& schema);

}  // namespace weft::resolve
