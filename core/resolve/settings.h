#pragma once

#include <map>
#include <string>

#include "core/base/json.h"
#include "core/model/component.h"
#include "core/resolve/findings.h"
#include "core/resolve/parameters.h"
#include "core/resolve/schema.h"

namespace weft::resolve {

// The workload settings of a component as one object, the properties of its type.
struct Settings {
  json::value properties;  // By the settings' names.
  // Pointers into `properties` of what a parameter fills in, whether or not it has a value, and the
  // parameter's name.
  std::map<std::string, std::string> parameters;

  // The parameter that fills in the place that `violation` is about, or null.
  const std::string* ParameterOf(const Violation& violation) const;
};

// `fromParam` wins over `value`, which is what remains where nobody set the parameter; likewise in
// objects at any depth of a value ({name: X, fromParam: y} becomes {name: X, value: ...}). A
// setting without either is left out. `parameters` null: no application uses the component, only
// what it says itself is filled in. Source: OAM v1alpha1, section 3, "WorkloadSetting".
Settings FillSettings(const model::ComponentSchematic& component, Parameters* parameters,
                      Findings& findings);

// Reports everything in which the settings of the component `component` of a document depart from
// `schema`, at its place in that document; what a parameter fills in is left to its applications.
void CheckSettings(const model::ComponentSchematic& component, const json::value& schema,
                   Findings& findings);

}  // namespace weft::resolve
