#pragma once

#include <string>
#include <vector>

#include "core/model/component.h"
#include "core/resolve/findings.h"
#include "core/resolve/parameters.h"
#include "core/resolve/resolve.h"

namespace weft::resolve {

// The component's containers with every parameter filled in: `fromParam` wins over `value`, which
// is what remains where nobody set the parameter. Source: OAM v1alpha1, section 3, "Env".
std::vector<Container> FillContainers(const model::ComponentSchematic& component,
                                      Parameters& parameters, Findings& findings);

// Whether the component, of the workload type `type` (its canonical name), needs containers and has
// none: a type of OAM's own group runs those, others may say otherwise what runs. Source: OAM
// v1alpha1, section 3, "Core Workload Types".
bool LacksContainers(const model::ComponentSchematic& component, const std::string& type);

}  // namespace weft::resolve
