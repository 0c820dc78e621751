#include "core/resolve/containers.h"

#include <string_view>
#include <utility>

#include "core/model/kinds.h"

namespace weft::resolve {
namespace {

std::vector<EnvironmentVariable> FillEnvironment(const model::Container& container,
                                                 Parameters& parameters, Findings& findings) {
  std::vector<EnvironmentVariable> filled;
  for (const model::EnvironmentVariable& variable : container.env) {
    const json::value* set =
        variable.from_param.empty() ? nullptr : parameters.Find(variable.from_param);
    if (set != nullptr) {
      filled.push_back({variable.name, TextOf(*set)});
    } else if (variable.value) {
      filled.push_back({variable.name, *variable.value});
    } else {
      parameters.Require(variable.from_param, findings);
    }
  }
  return filled;
}

}  // namespace

std::vector<Container> FillContainers(const model::ComponentSchematic& component,
                                      Parameters& parameters, Findings& findings) {
  std::vector<Container> filled;
  for (const model::Container& container : component.containers) {
    Container& out = filled.emplace_back();
    out.name = container.name;
    out.image = container.image;
    out.command = container.command;
    out.args = container.args;
    out.env = FillEnvironment(container, parameters, findings);
    out.ports = container.ports;
    out.cpu_millicores = container.resources.cpu_millicores;
    out.memory_bytes = container.resources.memory_bytes;
    if (container.readiness && container.readiness->http_get) out.readiness = container.readiness;
  }
  return filled;
}

bool LacksContainers(const model::ComponentSchematic& component, const std::string& type) {
  constexpr std::string_view kGroupVersion = model::kApiVersion;
  return component.containers.empty() && type.starts_with(kGroupVersion) &&
         type.substr(kGroupVersion.size()).starts_with('.');
}

}  // namespace weft::resolve
