#include "core/resolve/parameters.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/model/text.h"
#include "core/resolve/schema_words.h"

namespace weft::resolve {
namespace {

using model::Quoted;

const model::Parameter* Declared(const model::ComponentSchematic& component,
                                 const std::string& name) {
  const auto found = std::find_if(component.parameters.begin(), component.parameters.end(),
                                  [&](const model::Parameter& p) { return p.name == name; });
  return found == component.parameters.end() ? nullptr : &*found;
}

// Several published applications set parameters that their components do not declare.
void WarnUndeclared(const std::string& name, const std::string& pointer,
                    const model::ComponentSchematic& component, Findings& findings) {
  std::vector<std::string> names;
  for (const model::Parameter& parameter : component.parameters) names.push_back(parameter.name);
  model::Diagnostic& warning = findings.Warning(
      pointer + "/name", "UNDECLARED_PARAMETER",
      absl::StrCat("the component ", Quoted(component.metadata.name), " declares no parameter ",
                   Quoted(name), "; the value has no effect"));
  warning.found = Quoted(name);
  const std::string nearest = model::Nearest(name, names);
  warning.hint = nearest.empty() ? "leave it out" : absl::StrCat("write ", nearest);
}

void ReportType(const model::Parameter& parameter, const json::value& value,
                const std::string& pointer, Findings& findings) {
  const std::string found = ShortText(value);
  model::Diagnostic& error =
      findings.Error(pointer + "/value", "PARAMETER_TYPE",
                     absl::StrCat("the parameter ", Quoted(parameter.name), " is a ",
                                  parameter.type, ", its value ", found, " is not"));
  error.found = found;
  error.expected = parameter.type;
  if (parameter.type == "string" && !value.is_structured()) {
    error.hint = "write the value in quotes";
  } else if ((parameter.type == "number" || parameter.type == "boolean") && value.is_string()) {
    error.hint = "write the value without quotes";
  }
}

}  // namespace

Parameters::Parameters(const model::ComponentSchematic& component,
                       const model::ApplicationComponent& use, std::string pointer,
                       const Variables& variables, Findings& findings)
    : pointer_(std::move(pointer)), component_(component.metadata.name) {
  for (size_t i = 0; i < use.parameter_values.size(); ++i) {
    Take(use.parameter_values[i], absl::StrCat(pointer_, "/parameterValues/", i), component,
         variables, findings);
  }
  for (const model::Parameter& parameter : component.parameters) {
    if (parameter.default_value) values_.emplace(parameter.name, *parameter.default_value);
    if (parameter.required && Find(parameter.name) == nullptr) Require(parameter.name, findings);
  }
}

void Parameters::Take(const model::ParameterValue& given, const std::string& pointer,
                      const model::ComponentSchematic& component, const Variables& variables,
                      Findings& findings) {
  std::optional<json::value> value = variables.Expand(given.value, pointer + "/value", findings);
  const model::Parameter* parameter = Declared(component, given.name);
  if (parameter == nullptr) return WarnUndeclared(given.name, pointer, component, findings);
  if (!value) {
    reported_.insert(given.name);
  } else if (!model::IsOfType(*value, parameter->type)) {
    ReportType(*parameter, *value, pointer, findings);
    reported_.insert(given.name);
  } else {
    values_.emplace(given.name, *std::move(value));
    places_.emplace(given.name, pointer + "/value");
  }
}

const json::value* Parameters::Find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::string Parameters::PlaceOf(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? "" : found->second;
}

void Parameters::Require(const std::string& name, Findings& findings) {
  if (!reported_.insert(name).second) return;
  findings
      .Error(pointer_, "MISSING_PARAMETER",
             absl::StrCat("the component ", Quoted(component_), " needs a value of its parameter ",
                          Quoted(name)))
      .hint = absl::StrCat("set it in parameterValues: {name: ", name, ", value: ...}");
}

}  // namespace weft::resolve
