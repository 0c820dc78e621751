#include "absl/strings/str_cat.h"
#include "core/model/kinds.h"

namespace weft::model {
namespace {

void ReadParameterValue(ObjectReader& in, ParameterValue& out) {
  in.Name("name", out.name, kOamName, Need::kRequired);
  // A null that is written out is a value: that of a parameter of type null.
  std::optional<json::value> value;
  if (!in.Has("value")) {
    in.Json("value", value, "null");
    if (!value)
      in.Lacks({"value"}, "\"value\" is needed; a null must be written out").hint = "add \"value\"";
  } else {
    in.Json("value", value);
  }
  out.value = value.value_or(nullptr);
}

// Some published documents give a trait its properties as a component gets its parameters.
void RefuseParameterValues(ObjectReader& in) {
  if (!in.Contains("parameterValues")) return;
  in.Known("parameterValues");
  Diagnostic& error = in.reading().Error(in.KeyPlaceOf("parameterValues"),
                                         in.PointerOf("parameterValues"), "TRAIT_PARAMETER_VALUES",
                                         "a trait takes \"properties\", not \"parameterValues\"");
  error.found = "\"parameterValues\"";
  error.expected = "\"properties\"";
  error.hint = "write \"properties\"";
}

void ReadTrait(ObjectReader& in, Trait& out) {
  in.String("name", out.name, Need::kRequired);
  in.JsonObject("properties", out.properties);
  RefuseParameterValues(in);
}

void ReadScopeUse(ObjectReader& in, ScopeUse& out) {
  in.Name("name", out.name, kOamName, Need::kRequired);
  in.String("type", out.type, Need::kRequired);
  std::optional<json::value> properties;
  in.Json("properties", properties);
  out.properties = properties.value_or(nullptr);
}

void ReadApplicationComponent(ObjectReader& in, ApplicationComponent& out) {
  in.Name("componentName", out.component_name, kOamName, Need::kRequired);
  in.String("instanceName", out.instance_name, Need::kRequired);
  in.List("parameterValues", "a parameter's value", out.parameter_values, ReadParameterValue);
  in.Unique("parameterValues", "name", NamesOf(out.parameter_values));
  in.List("traits", "a trait", out.traits, ReadTrait);
  in.Strings("applicationScopes", out.application_scopes);
}

}  // namespace

void ReadApplication(ObjectReader& document, ApplicationConfiguration& out) {
  document.Object(
      "spec", "the spec of an application",
      [&](ObjectReader& in) {
        in.List("variables", "a variable", out.variables, ReadParameterValue);
        in.Unique("variables", "name", NamesOf(out.variables));
        in.List("scopes", "a scope", out.scopes, ReadScopeUse);
        in.Unique("scopes", "name", NamesOf(out.scopes));
        in.List("components", "a component of an application", out.components,
                ReadApplicationComponent);
      },
      Need::kRequired);
}

}  // namespace weft::model
