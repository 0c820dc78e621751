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

constexpr absl::Duration kShortest = absl::Milliseconds(1), kLongest = absl::Minutes(10);
constexpr int kMostInFlight = 1024;
constexpr char kFailurePolicy[] = "failure_policy";
constexpr char kRequired[] = "Required", kOptional[] = "Optional";

void Fault(model::ObjectReader& in, const char* field, std::string message) {
  in.reading().Error(in.PlaceOf(field), in.PointerOf(field), "provider-config", std::move(message));
}

// Milliseconds: "2s", "500ms", "1m30s".
absl::StatusOr<int64_t> ParseDeadline(std::string_view text) {
  absl::Duration deadline;
  if (absl::ParseDuration(absl::string_view(text.data(), text.size()), &deadline) &&
      deadline >= kShortest && deadline <= kLongest)
    return deadline / absl::Milliseconds(1);
  return absl::InvalidArgumentError(
      absl::StrCat("a deadline is a duration from ", absl::FormatDuration(kShortest), " to ",
                   absl::FormatDuration(kLongest), ", such as \"2s\""));
}

// In the order of their fields.
std::vector<std::pair<const char*, absl::Duration*>> Fields(Deadlines& deadlines) {
  return {{"describe", &deadlines.describe},
          {"render", &deadlines.render},
          {"assess", &deadlines.assess},
          {"timeline", &deadlines.timeline},
          {"finalize", &deadlines.finalize}};
}

void ReadDeadlines(model::ObjectReader& in, Deadlines& deadlines) {
  for (const auto& [field, deadline] : Fields(deadlines)) {
    int64_t milliseconds = absl::ToInt64Milliseconds(*deadline);
    in.Quantity(field, milliseconds, ParseDeadline);
    *deadline = absl::Milliseconds(milliseconds);
  }
}

void ReadFailurePolicy(model::ObjectReader& in, bool& optional) {
  std::string policy = kRequired;
  in.OneOf(kFailurePolicy, policy, {kRequired, kOptional});
  optional = policy == kOptional;
}

// What is other than the defaults.
void AddLimits(const ProviderConfig& config, std::string& text) {
  const ProviderConfig defaults;
  Deadlines deadlines = config.deadlines, usual;
  const auto fields = Fields(deadlines), usual_fields = Fields(usual);
  if (deadlines != usual) absl::StrAppend(&text, "deadlines:\n");
  for (size_t i = 0; i < fields.size(); ++i) {
    if (*fields[i].second != *usual_fields[i].second)
      absl::StrAppend(&text, "  ", fields[i].first, ": ", absl::FormatDuration(*fields[i].second),
                      "\n");
  }
  if (config.in_flight != defaults.in_flight)
    absl::StrAppend(&text, "limits:\n  in_flight: ", config.in_flight, "\n");
  if (config.optional) absl::StrAppend(&text, kFailurePolicy, ": ", kOptional, "\n");
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
    in.Object("deadlines", "the deadlines of a provider",
              [&](model::ObjectReader& deadlines) { ReadDeadlines(deadlines, config.deadlines); });
    in.Object("limits", "the limits of a provider", [&](model::ObjectReader& limits) {
      limits.Integer("in_flight", config.in_flight, 1, kMostInFlight);
    });
    ReadFailurePolicy(in, config.optional);
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
  AddLimits(config, text);
  return text;
}

}  // namespace weft::mesh
