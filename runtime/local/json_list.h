#pragma once

#include <string_view>

#include "core/base/json.h"

namespace weft::local {

// The list at `key` of `v`; an empty one if there is none.
inline const json::array& ListAt(const json::value& v, std::string_view key) {
  static const json::array* const none = new json::array;
  const json::value* list = json::Find(v, key);
  return list != nullptr && list->is_array() ? list->get_array() : *none;
}

}  // namespace weft::local
