#include "core/mesh/provider_config.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/auth/pki.h"
#include "core/base/channel.h"
#include "core/base/status.h"
#include "core/config/directory.h"
#include "core/config/file.h"

namespace weft::mesh {
namespace {

void Fault(model::ObjectReader& in, const char* field, std::string message) {
  in.reading().Error(in.PlaceOf(field), in.PointerOf(field), "provider-config", std::move(message));
}

// What the fields are to each other.
void CheckFields(model::ObjectReader& in, const ProviderConfig& config) {
  if (config.address.empty() == config.application.empty())
    Fault(in, "address", "a provider needs \"address\" or \"application\", not both");
  if (config.application.empty() != (config.port == 0))
    Fault(in, "port", "\"application\" and \"port\" stand together");
  if (!config.identity.empty() && (!absl::StartsWith(config.identity, "provider/") ||
                                   !auth::CheckIdentity(config.identity).ok()))
    Fault(in, "identity", absl::StrCat("\"", config.identity, "\" is not provider/NAME"));
  if (config.application.empty() && IsUnixSocket(config.address)) return;
  if (config.identity.empty())
    Fault(in, "identity", "a provider that is reached over TCP needs \"identity\": provider/NAME");
  if (config.types.empty())
    Fault(in, "types", "a provider that is reached over TCP needs \"types\": what it may serve");
}

absl::StatusOr<ProviderConfig> ReadProvider(const std::string& path) {
  ProviderConfig config;
  WEFT_RETURN_IF_ERROR(config::ReadFile(path, "a provider", [&](model::ObjectReader& in) {
    in.String("name", config.name, model::Need::kRequired);
    in.String("address", config.address);
    in.String("artifact", config.artifact);
    in.String("identity", config.identity);
    in.String("server_name", config.server_name);
    in.Strings("types", config.types);
    in.String("application", config.application);
    in.Integer("port", config.port, 1, 65535);
    in.String("accepted", config.accepted);
    CheckFields(in, config);
  }));
  return config;
}

}  // namespace

ProviderConfigs ReadProviderConfigs(const std::string& directory) {
  config::Entries<ProviderConfig> entries =
      config::ReadDirectory<ProviderConfig>(directory, "provider", ReadProvider);
  return {std::move(entries.configs), std::move(entries.problems)};
}

std::string ProviderFile(const ProviderConfig& config) {
  std::string text;
  const auto add = [&](const char* field, const std::string& value) {
    if (!value.empty()) absl::StrAppend(&text, field, ": ", config::YamlScalar(value), "\n");
  };
  add("name", config.name);
  if (config.application.empty()) add("address", config.address);
  add("application", config.application);
  if (config.port != 0) absl::StrAppend(&text, "port: ", config.port, "\n");
  add("identity", config.identity);
  add("server_name", config.server_name);
  if (!config.types.empty()) absl::StrAppend(&text, "types:\n");
  for (const std::string& type : config.types)
    absl::StrAppend(&text, "- ", config::YamlScalar(type), "\n");
  add("accepted", config.accepted);
  add("artifact", config.artifact);
  return text;
}

}  // namespace weft::mesh
