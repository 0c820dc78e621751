#include "plugins/workloads/faas/settings.h"

namespace weft::faas {
namespace {

std::vector<sdk::EnvironmentVariable> ReadEnvironment(const json::value& properties) {
  std::vector<sdk::EnvironmentVariable> environment;
  const json::value* list = json::Find(properties, "environment");
  if (list == nullptr || !list->is_array()) return environment;
  for (const json::value& variable : list->get_array()) {
    const json::value* value = json::Find(variable, "value");
    if (value == nullptr) continue;
    environment.push_back(
        {json::GetString(variable, {"name"}),
         value->is_string() ? json::GetString(variable, {"value"}) : json::Canonical(*value)});
  }
  return environment;
}

}  // namespace

Settings ReadSettings(const std::string& type, const json::value& properties) {
  Settings settings;
  settings.image = json::GetString(properties, {"image"});
  settings.environment = ReadEnvironment(properties);
  if (type == kOpenFaasType) {
    settings.minimum = 1;
    const std::string handler = json::GetString(properties, {"handler"});
    if (!handler.empty()) settings.environment.push_back({"fprocess", handler});
    return settings;
  }
  settings.port = static_cast<int>(json::GetInt(properties, {"port"}, settings.port));
  settings.minimum = json::GetInt(properties, {"minimum"});
  settings.maximum = json::GetInt(properties, {"maximum"});
  settings.concurrency = json::GetInt(properties, {"concurrency"}, settings.concurrency);
  settings.idle =
      absl::Seconds(json::GetInt(properties, {"idleSeconds"}, absl::ToInt64Seconds(settings.idle)));
  settings.health_path = json::GetString(properties, {"healthPath"});
  settings.cpu_millicores = json::GetInt(properties, {"cpuMillicores"});
  settings.memory_mib = json::GetInt(properties, {"memoryMiB"});
  return settings;
}

}  // namespace weft::faas
