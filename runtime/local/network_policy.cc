#include "runtime/local/network_policy.h"

#include <algorithm>
#include <utility>

namespace weft::local {
namespace {

// Nothing: the pod has no such port.
std::optional<anchor::Filter::Ports> PortsOn(const Pod& pod, const NetworkPolicySpec::Port& port) {
  if (port.port == PortRef{}) return anchor::Filter::Ports{port.protocol};
  const int first = PortNumber(port.port, pod);
  if (first == 0) return std::nullopt;
  return anchor::Filter::Ports{port.protocol, first, std::max(first, port.last)};
}

anchor::Filter::Rule RuleOf(const NetworkPolicySpec::Ingress& ingress, const Pod& pod,
                            const std::vector<Pod>& pods) {
  anchor::Filter::Rule rule;
  rule.everybody = ingress.from.empty();
  for (const Pod& other : pods)
    if (!other.address.empty() && std::ranges::any_of(ingress.from, [&](const Labels& selector) {
          return Selects(selector, other.labels);
        }))
      rule.sources.insert(other.address);
  for (const NetworkPolicySpec::Port& port : ingress.ports)
    if (const auto ports = PortsOn(pod, port)) rule.ports.push_back(*ports);
  return rule;
}

}  // namespace

Policies PoliciesOf(const ObjectStore& objects, const std::string& ns) {
  Policies policies;
  for (const ObjectPtr& object : objects.InNamespace(ns)) {
    if (object->ref.kind != "NetworkPolicy") continue;
    if (object->deleting)
      policies.some_go = true;
    else if (std::holds_alternative<NetworkPolicySpec>(object->spec))
      policies.hold.push_back(object);
    else
      policies.understood = false;
  }
  return policies;
}

std::optional<anchor::Filter> FilterOf(const Pod& pod, const Policies& policies,
                                       const std::vector<Pod>& pods) {
  std::optional<anchor::Filter> filter;
  for (const ObjectPtr& policy : policies.hold) {
    const auto& spec = std::get<NetworkPolicySpec>(policy->spec);
    if (!Selects(spec.selector, pod.labels)) continue;
    if (!filter.has_value()) filter.emplace();
    for (const NetworkPolicySpec::Ingress& ingress : spec.ingress) {
      anchor::Filter::Rule rule = RuleOf(ingress, pod, pods);
      // Ports that it does not have let nobody in, and not everybody.
      if (rule.ports.empty() == ingress.ports.empty()) filter->rules.push_back(std::move(rule));
    }
  }
  return filter;
}

anchor::Filters FiltersOf(const Policies& policies, const std::vector<Pod>& pods,
                          std::string machine) {
  anchor::Filters filters{std::move(machine)};
  for (const Pod& pod : pods)
    if (!pod.address.empty())
      if (auto filter = FilterOf(pod, policies, pods))
        filters.pods.emplace(pod.address, *std::move(filter));
  return filters;
}

}  // namespace weft::local
