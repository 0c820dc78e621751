#pragma once

#include <string>

#include "core/catalog/type.h"

namespace weft::resolve {

// What to say of a type name that nobody serves.
struct TypeNames {
  TypeNames(const catalog::TypeTable& types, catalog::TypeKind kind, const std::string& wanted);

  std::string nearest;  // The nearest name that is served, or "".
  std::string served;   // The canonical names that are served, or "nothing".
};

}  // namespace weft::resolve
