#include "core/config/runtime_config.h"

#include "core/base/status.h"
#include "core/config/file.h"

namespace weft::config {

absl::StatusOr<RuntimeConfig> ReadRuntimeConfig(const std::string& path) {
  RuntimeConfig config;
  WEFT_RETURN_IF_ERROR(ReadFile(path, "a runtime", [&](model::ObjectReader& in) {
    in.Name("name", config.name, model::kDnsLabel, model::Need::kRequired);
    in.String("address", config.address, model::Need::kRequired);
    in.String("identity", config.identity);
  }));
  return config;
}

std::string RuntimeFile(const RuntimeConfig& config) {
  std::string text = absl::StrCat(
      "# Written by `weft up` whenever it starts this runtime.\nname: ", YamlScalar(config.name),
      "\naddress: ", YamlScalar(config.address), "\n");
  if (!config.identity.empty())
    absl::StrAppend(&text, "identity: ", YamlScalar(config.identity), "\n");
  return text;
}

Entries<RuntimeConfig> ReadRuntimeConfigs(const std::string& directory) {
  return ReadDirectory<RuntimeConfig>(directory, "runtime", ReadRuntimeConfig);
}

}  // namespace weft::config
