#include "core/config/core_config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/config/file.h"
#include "core/model/names.h"
#include "core/model/text.h"

namespace weft::config {
namespace {

std::vector<std::string> NamesOfAllowances() {
  std::vector<std::string> names;
  for (const AllowanceName& known : kAllowances) names.emplace_back(known.name);
  return names;
}

Policy ReadPolicy(model::ObjectReader& in) {
  std::vector<std::string> allowed;
  in.EachOneOf("allow", allowed, NamesOfAllowances());
  Policy policy;
  for (const AllowanceName& known : kAllowances)
    if (std::find(allowed.begin(), allowed.end(), known.name) != allowed.end())
      policy.insert(known.allowance);
  return policy;
}

void ReadNamespaces(model::ObjectReader& namespaces, CoreConfig& config) {
  for (const std::string& name : namespaces.Fields()) {
    if (!model::IsDnsLabel(name)) {
      namespaces.reading().Error(
          namespaces.KeyPlaceOf(name), namespaces.PointerOf(name), "BAD_NAME",
          absl::StrCat(model::Quoted(name), " is no namespace: ", model::kDnsLabelRule));
    }
    std::string runtime;
    Policy policy;
    namespaces.Object(name, "a namespace", [&](model::ObjectReader& in) {
      in.Name("runtime", runtime, model::kDnsLabel);
      policy = ReadPolicy(in);
    });
    if (!runtime.empty()) config.of_namespace[name] = runtime;
    if (!policy.empty()) config.policies[name] = std::move(policy);
  }
}

// "HOST:PORT", also "[::1]:7070".
void ReadHostAndPort(model::ObjectReader& in, const std::string& field, std::string& value) {
  in.String(field, value);
  const size_t colon = value.rfind(':');
  int port = 0;
  if (value.empty() ||
      (colon != std::string::npos && colon > 0 &&
       absl::SimpleAtoi(value.substr(colon + 1), &port) && port > 0 && port <= 65535))
    return;
  in.reading().Error(in.PlaceOf(field), in.PointerOf(field), "BAD_VALUE",
                     absl::StrCat(model::Quoted(value), " is no host and port"));
}

}  // namespace

absl::StatusOr<CoreConfig> ReadCoreConfig(const std::string& path) {
  CoreConfig config;
  WEFT_RETURN_IF_ERROR(ReadFile(path, "the core's configuration", [&](model::ObjectReader& in) {
    in.Name("runtime", config.runtime, model::kDnsLabel);
    in.Object("namespaces", "the namespaces",
              [&](model::ObjectReader& namespaces) { ReadNamespaces(namespaces, config); });
    ReadHostAndPort(in, "listen", config.listen);
    ReadHostAndPort(in, "address", config.address);
    if (config.listen.empty() && !config.address.empty())
      in.reading().Error(in.KeyPlaceOf("address"), in.PointerOf("address"), "BAD_VALUE",
                         "\"address\" says how others reach what \"listen\" says");
    if (config.address.empty()) config.address = config.listen;
  }));
  return config;
}

}  // namespace weft::config
