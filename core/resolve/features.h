#pragma once

#include <string>
#include <vector>

#include "core/catalog/type.h"
#include "core/model/component.h"

namespace weft::resolve {

// A use of something that is understood and not carried out, so that it is said and never dropped
// in silence.
struct UnsupportedFeature {
  std::string pointer;      // In the component.
  std::string name;         // "volumes", as a subject in the plural.
  bool essential = true;    // Running the component without it would be wrong.
  std::string consequence;  // What happens without it, unless it is essential.
  bool by_type = false;     // Other workload types may carry it out.

  std::string Code() const { return by_type ? "UNSUPPORTED_BY_TYPE" : "NOT_SUPPORTED_YET"; }
  // "are not supported yet"; `type`: as written.
  std::string Fault(const std::string& type) const;
};

// What `component` uses and workloads of its type do not carry out; null: nobody serves the type,
// so only what no type does. In the order of the component's fields.
std::vector<UnsupportedFeature> UnsupportedFeatures(const model::ComponentSchematic& component,
                                                    const catalog::Type* type);

}  // namespace weft::resolve
