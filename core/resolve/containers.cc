#include "core/resolve/containers.h"

#include <optional>
#include <string_view>
#include <utility>

#include "core/model/kinds.h"

namespace weft::resolve {
namespace {

// The text of what has a value or takes a parameter's; the parameter goes first.
template <typename Source>
std::optional<std::string> Fill(const Source& source, Parameters& parameters, Findings& findings) {
  const json::value* set = source.from_param.empty() ? nullptr : parameters.Find(source.from_param);
  if (set != nullptr) return TextOf(*set);
  if (!source.value) parameters.Require(source.from_param, findings);
  return source.value;
}

std::vector<EnvironmentVariable> FillEnvironment(const model::Container& container,
                                                 Parameters& parameters, Findings& findings) {
  std::vector<EnvironmentVariable> filled;
  for (const model::EnvironmentVariable& variable : container.env)
    if (std::optional<std::string> value = Fill(variable, parameters, findings))
      filled.push_back({variable.name, *std::move(value)});
  return filled;
}

std::vector<ConfigFile> FillConfigFiles(const model::Container& container, Parameters& parameters,
                                        Findings& findings) {
  std::vector<ConfigFile> filled;
  for (const model::ConfigFile& file : container.config)
    if (std::optional<std::string> content = Fill(file, parameters, findings))
      filled.push_back({file.path, *std::move(content)});
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
    out.readiness = container.readiness;
    out.liveness = container.liveness;
    out.config_files = FillConfigFiles(container, parameters, findings);
    out.volumes = container.resources.volumes;
    out.image_pull_secret = container.image_pull_secret;
  }
  return filled;
}

bool LacksContainers(const model::ComponentSchematic& component, const std::string& type) {
  constexpr std::string_view kGroupVersion = model::kApiVersion;
  return component.containers.empty() && type.starts_with(kGroupVersion) &&
         type.substr(kGroupVersion.size()).starts_with('.');
}

}  // namespace weft::resolve
