#pragma once

#include <string_view>

#include "core/base/json.h"

namespace weft::json {

// The list at `key` of `v`; an empty one if there is none.
inline const array& ListAt(const value& v, std::string_view key) {
  static const array* const none = new array;
  const value* list = Find(v, key);
  return list != nullptr && list->is_array() ? list->get_array() : *none;
}

}  // namespace weft::json
