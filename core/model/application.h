#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model/metadata.h"

// Applications as plain values.
namespace weft::model {

// A value that an application gives a parameter, or one of its variables.
struct ParameterValue {
  std::string name;
  json::value value;
};

struct Trait {
  std::string name;        // As written.
  json::value properties;  // An object.
};

struct ScopeUse {
  std::string name;
  std::string type;
  json::value properties;
};

struct ApplicationComponent {
  std::string component_name;
  std::string instance_name;
  std::vector<ParameterValue> parameter_values;
  std::vector<Trait> traits;
  std::vector<std::string> application_scopes;
};

struct ApplicationConfiguration {
  Metadata metadata;
  std::vector<ParameterValue> variables;
  std::vector<ScopeUse> scopes;
  std::vector<ApplicationComponent> components;
};

}  // namespace weft::model
