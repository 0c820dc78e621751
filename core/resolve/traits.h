#pragma once

#include <string>
#include <vector>

#include "core/catalog/type.h"
#include "core/model/application.h"
#include "core/resolve/findings.h"
#include "core/resolve/resolve.h"
#include "core/resolve/variables.h"

namespace weft::resolve {

// A use of a component and what its traits are attached to.
struct TraitTarget {
  std::string key;                          // Of the instance.
  std::string pointer;                      // Of the use in the application's document.
  const catalog::Type* workload = nullptr;  // Null: unknown, after an error.
};

// The traits of `use`, checked: a type that is served and applies to the workload, once a
// component, beside no trait that it conflicts with, with properties that satisfy its schema, and
// in stages, which a circle of types that come after each other has none of.
// Source: OAM v1alpha1, section 5.
std::vector<TraitInstance> ResolveTraits(const model::ApplicationComponent& use,
                                         const TraitTarget& target, const catalog::TypeTable& types,
                                         const Variables& variables,
                                         const model::Document& document, model::Diagnostics& out);

}  // namespace weft::resolve
