#include "core/catalog/type.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace weft::catalog {
namespace {

std::set<std::string> NamesOf(const Type& type) {
  std::set<std::string> names(type.aliases.begin(), type.aliases.end());
  names.insert(type.name);
  return names;
}

}  // namespace

TypeTable::TypeTable(std::vector<Type> types) {
  std::stable_sort(types.begin(), types.end(), [](const Type& a, const Type& b) {
    return std::tie(a.provider, a.kind, a.name) < std::tie(b.provider, b.kind, b.name);
  });
  std::set<std::pair<TypeKind, std::string>> taken;
  for (Type& type : types) {
    const std::set<std::string> names = NamesOf(type);
    if (std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return taken.contains({type.kind, name});
        })) {
      continue;
    }
    for (const std::string& name : names) taken.emplace(type.kind, name);
    types_.push_back(std::move(type));
  }
  std::sort(types_.begin(), types_.end(), [](const Type& a, const Type& b) {
    return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
  });
  for (size_t i = 0; i < types_.size(); ++i) {
    for (const std::string& name : NamesOf(types_[i])) by_name_[{types_[i].kind, name}] = i;
  }
}

const Type* TypeTable::Find(TypeKind kind, const std::string& name) const {
  const auto found = by_name_.find({kind, name});
  return found == by_name_.end() ? nullptr : &types_[found->second];
}

std::vector<std::string> TypeTable::Names(TypeKind kind) const {
  std::vector<std::string> names;
  for (const auto& [key, index] : by_name_) {
    if (key.first == kind) names.push_back(key.second);
  }
  return names;
}

}  // namespace weft::catalog
