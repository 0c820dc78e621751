// Reads a NetworkPolicy: Kubernetes API, networking.k8s.io/v1.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

constexpr char kOnlyPods[] = "the local runtime knows pods of the namespace, by their labels";

Labels ReadSelector(const json::value& v) { return ReadLabels(json::FindPath(v, {"matchLabels"})); }

NetworkPolicySpec::Port ReadPort(const json::value& v, const std::string& at,
                                 std::vector<Problem>& problems) {
  NetworkPolicySpec::Port port;
  Reader reader(v, at, problems);
  port.protocol = reader.OneOf("protocol", "TCP", {"TCP", "UDP"});
  const json::value* number = json::Find(v, "port");
  if (number != nullptr && number->is_string()) {
    port.port.name = std::string(number->get_string());
    if (port.port.name.empty()) Refuse(problems, at + "/port", "the name of a port is empty");
  } else if (number != nullptr) {
    port.port.number = static_cast<int>(reader.Integer("port", 1, 1, 65535));
  }
  if (json::Find(v, "endPort") == nullptr) return port;
  if (port.port.number == 0)
    Refuse(problems, at + "/endPort", "the last of several ports needs the number of the first");
  port.last = static_cast<int>(
      reader.Integer("endPort", port.port.number, std::max(port.port.number, 1), 65535));
  return port;
}

NetworkPolicySpec::Ingress ReadRule(const json::value& v, const std::string& at,
                                    std::vector<Problem>& problems) {
  NetworkPolicySpec::Ingress rule;
  for (const json::value& peer : json::ListAt(v, "from")) {
    const json::value* selector = json::Find(peer, "podSelector");
    if (selector == nullptr)
      Refuse(problems, absl::StrCat(at, "/from/", rule.from.size()), kOnlyPods, "",
             "a podSelector");
    rule.from.push_back(selector == nullptr ? Labels{} : ReadSelector(*selector));
  }
  for (const json::value& port : json::ListAt(v, "ports"))
    rule.ports.push_back(ReadPort(port, absl::StrCat(at, "/ports/", rule.ports.size()), problems));
  return rule;
}

}  // namespace

Spec ReadNetworkPolicy(const json::value& object, const Machine&, std::vector<Problem>& problems) {
  NetworkPolicySpec spec;
  const json::value* v = json::Find(object, "spec");
  const json::value* selector = v == nullptr ? nullptr : json::Find(*v, "podSelector");
  if (selector == nullptr) {
    Refuse(problems, "/spec/podSelector", "a NetworkPolicy says whom it is about", "",
           "{} for all pods of the namespace");
    return spec;
  }
  spec.selector = ReadSelector(*selector);
  size_t index = 0;
  for (const json::value& type : json::ListAt(*v, "policyTypes")) {
    if (type != "Ingress")
      Refuse(problems, absl::StrCat("/spec/policyTypes/", index),
             "the local runtime does not support this type of policy",
             std::string(type.get_string()), "Ingress", "UNSUPPORTED_VALUE");
    ++index;
  }
  for (const json::value& rule : json::ListAt(*v, "ingress"))
    spec.ingress.push_back(
        ReadRule(rule, absl::StrCat("/spec/ingress/", spec.ingress.size()), problems));
  return spec;
}

}  // namespace weft::local
