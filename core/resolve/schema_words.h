#pragma once

#include <string>

#include "core/base/json.h"

namespace weft::resolve {

// What `schema` asks for, in words that follow "expected": "an integer from 0 to 10", "one of TCP,
// UDP". Empty where it takes more than a few words. Source: JSON Schema draft 7, validation.
std::string ExpectedBy(const json::value& schema);

// `value` as canonical JSON, cut where it is long.
std::string ShortText(const json::value& value);

}  // namespace weft::resolve
