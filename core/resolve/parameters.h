#pragma once

#include <map>
#include <set>
#include <string>

#include "core/base/json.h"
#include "core/model/application.h"
#include "core/model/component.h"
#include "core/resolve/findings.h"
#include "core/resolve/variables.h"

namespace weft::resolve {

// The parameters of one use of a component, with their values. Source: OAM v1alpha1, section 3,
// "Parameter", and section 6, "Component".
class Parameters {
 public:
  // `use` stands at `pointer` of the application's document. Reports values of the wrong type or
  // for no parameter, and required parameters that have none.
  Parameters(const model::ComponentSchematic& component, const model::ApplicationComponent& use,
             std::string pointer, const Variables& variables, Findings& findings);

  // The value of the parameter `name`: what the application gives it, else its default, else null.
  // Lives as long as this.
  const json::value* Find(const std::string& name) const;

  // The pointer of the value that the application gives `name`, or "".
  std::string PlaceOf(const std::string& name) const;

  // Reports, once a parameter, that something takes `name` and has nothing else to fall back to.
  void Require(const std::string& name, Findings& findings);

 private:
  void Take(const model::ParameterValue& given, const std::string& pointer,
            const model::ComponentSchematic& component, const Variables& variables,
            Findings& findings);

  const std::string pointer_;
  const std::string component_;
  std::map<std::string, json::value> values_;
  std::map<std::string, std::string> places_;
  std::set<std::string> reported_;
};

}  // namespace weft::resolve
