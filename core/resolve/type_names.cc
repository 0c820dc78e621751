#include "core/resolve/type_names.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "core/model/diagnostic.h"

namespace weft::resolve {

TypeNames::TypeNames(const catalog::TypeTable& types, catalog::TypeKind kind,
                     const std::string& wanted)
    : nearest(model::Nearest(wanted, types.Names(kind))) {
  std::vector<std::string> names;
  for (const catalog::Type& type : types.types()) {
    if (type.kind == kind) names.push_back(type.name);
  }
  served = names.empty() ? "nothing" : absl::StrJoin(names, ", ");
}

}  // namespace weft::resolve
