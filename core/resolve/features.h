#pragma once

#include <string>
#include <vector>

#include "core/model/component.h"

namespace weft::resolve {

// A use of something that is understood and not carried out yet, so that it is said and never
// dropped in silence.
struct UnsupportedFeature {
  std::string pointer;      // In the component.
  std::string name;         // "volumes", as a subject in the plural.
  bool essential = true;    // Running the component without it would be wrong.
  std::string consequence;  // What happens without it, unless it is essential.
};

// In the order of the component's fields.
std::vector<UnsupportedFeature> UnsupportedFeatures(const model::ComponentSchematic& component);

}  // namespace weft::resolve
