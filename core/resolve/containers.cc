#include "core/resolve/containers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/model/text.h"

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

json::value FillSettings(const model::ComponentSchematic& component, const std::string& pointer,
                         Parameters& parameters, Findings& findings) {
  json::object filled;
  for (const model::WorkloadSetting& setting : component.workload_settings) {
    const json::value* set =
        setting.from_param.empty() ? nullptr : parameters.Find(setting.from_param);
    if (set == nullptr && setting.value) set = &*setting.value;
    if (set != nullptr) {
      filled[boost::json::string_view(setting.name)] = *set;
    } else if (setting.required && !setting.from_param.empty()) {
      parameters.Require(setting.from_param, findings);
    } else if (setting.required) {
      findings.Error(pointer + "/componentName", "MISSING_SETTING",
                     absl::StrCat("the component ", model::Quoted(component.metadata.name),
                                  " requires its workload setting ", model::Quoted(setting.name),
                                  " and gives it neither \"value\" nor \"fromParam\""));
    }
  }
  return filled;
}

}  // namespace weft::resolve
