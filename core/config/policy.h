#pragma once

#include <array>
#include <set>
#include <string_view>

// What the applications of a namespace may have that is refused by itself
// (docs/configuration.md, "What a namespace allows").
namespace weft::config {

enum class Allowance {
  kCapabilities,
  kClusterScoped,
  kHostIpc,
  kHostNetwork,
  kHostPath,
  kHostPid,
  kOtherNamespaces,
  kPrivileged,
  kRbac,
  kServiceAccountName,
  kWebhooks,
};

struct AllowanceName {
  Allowance allowance;
  std::string_view name;  // In core.yaml.
};

// All of them, by name.
inline constexpr std::array<AllowanceName, 11> kAllowances = {{
    {Allowance::kCapabilities, "capabilities"},
    {Allowance::kClusterScoped, "clusterScoped"},
    {Allowance::kHostIpc, "hostIPC"},
    {Allowance::kHostNetwork, "hostNetwork"},
    {Allowance::kHostPath, "hostPath"},
    {Allowance::kHostPid, "hostPID"},
    {Allowance::kOtherNamespaces, "otherNamespaces"},
    {Allowance::kPrivileged, "privileged"},
    {Allowance::kRbac, "rbac"},
    {Allowance::kServiceAccountName, "serviceAccountName"},
    {Allowance::kWebhooks, "webhooks"},
}};

constexpr std::string_view NameOf(Allowance allowance) {
  for (const AllowanceName& known : kAllowances)
    if (known.allowance == allowance) return known.name;
  return "";
}

// What a namespace allows.
using Policy = std::set<Allowance>;

}  // namespace weft::config
