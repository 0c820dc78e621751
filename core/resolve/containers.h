#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model/component.h"
#include "core/resolve/findings.h"
#include "core/resolve/parameters.h"
#include "core/resolve/resolve.h"

namespace weft::resolve {

// The component's containers with every parameter filled in: `fromParam` wins over `value`, which
// is what remains where nobody set the parameter. Source: OAM v1alpha1, section 3, "Env".
std::vector<Container> FillContainers(const model::ComponentSchematic& component,
                                      Parameters& parameters, Findings& findings);

// The component's workload settings as one object, filled in likewise. Diagnostics stand at
// `pointer`, the use of the component. Source: OAM v1alpha1, section 3, "WorkloadSetting".
json::value FillSettings(const model::ComponentSchematic& component, const std::string& pointer,
                         Parameters& parameters, Findings& findings);

}  // namespace weft::resolve
