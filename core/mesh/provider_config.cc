#include "core/mesh/provider_config.h"

#include <algorithm>
#include <filesystem>
#include <yaml-cpp/yaml.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weft::mesh {
namespace {

absl::StatusOr<ProviderConfig> ReadFile(const std::string& path) try {
  const YAML::Node root = YAML::LoadFile(path);
  if (!root.IsMap()) return absl::InvalidArgumentError("is not a mapping");
  ProviderConfig config;
  for (const auto& entry : root) {
    const std::string key = entry.first.as<std::string>();
    const std::string value = entry.second.as<std::string>();
    if (key == "name") {
      config.name = value;
    } else if (key == "address") {
      config.address = value;
    } else if (key == "artifact") {
      config.artifact = value;
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown key '", key, "'; known are name, address, artifact"));
    }
  }
  if (config.name.empty() || config.address.empty())
    return absl::InvalidArgumentError("needs name and address");
  return config;
} catch (const std::exception& e) {
  return absl::InvalidArgumentError(e.what());
}

}  // namespace

ProviderConfigs ReadProviderConfigs(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ec)) {
    if (absl::EndsWith(entry.path().native(), ".yaml")) files.push_back(entry.path().native());
  }
  std::sort(files.begin(), files.end());
  ProviderConfigs result;
  for (const std::string& file : files) {
    absl::StatusOr<ProviderConfig> config = ReadFile(file);
    const auto same_name = [&](const ProviderConfig& other) {
      return config.ok() && other.name == config->name;
    };
    if (!config.ok()) {
      result.problems.push_back(absl::StrCat(file, ": ", config.status().message()));
    } else if (std::any_of(result.providers.begin(), result.providers.end(), same_name)) {
      result.problems.push_back(
          absl::StrCat(file, ": another file names the provider ", config->name, " too"));
    } else {
      result.providers.push_back(*std::move(config));
    }
  }
  std::sort(result.providers.begin(), result.providers.end(),
            [](const ProviderConfig& a, const ProviderConfig& b) { return a.name < b.name; });
  return result;
}

}  // namespace weft::mesh
