#pragma once

#include <string>

#include "core/base/json.h"

namespace weft::merge {

// What stands at `pointer` in `object`, of which the kind says how the elements of its lists are
// named; null: there is nothing, or `pointer` cannot be read or is the whole object. As long as
// `object` is unchanged. Pure and thread-safe, as RemoveLeaf.
json::value* FindLeaf(const std::string& api_version, const std::string& kind,
                      const std::string& pointer, json::value& object);

// Takes what FindLeaf finds out of `object`. What is around it stays, also if nothing is left in
// it; but an element of a list goes with a key that names it. False: there is nothing.
bool RemoveLeaf(const std::string& api_version, const std::string& kind, const std::string& pointer,
                json::value& object);

}  // namespace weft::merge
