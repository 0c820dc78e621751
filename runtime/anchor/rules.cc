#include "runtime/anchor/rules.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/anchor/addresses.h"

namespace weft::anchor {
namespace {

bool IsPort(int port) { return port > 0 && port < 65536; }

// nft's notation of each target, without doubles, in order.
std::set<std::string> Targets(const ServiceNetwork::Port& port) {
  std::set<std::string> targets;
  for (const auto& [address, number] : port.targets) {
    if (IsIpv4(address) && IsPort(number)) targets.insert(absl::StrCat(address, " . ", number));
  }
  return targets;
}

std::string Rule(const std::string& address, const ServiceNetwork::Port& port) {
  const std::set<std::string> targets = Targets(port);
  if (targets.empty() || !IsPort(port.port)) return "";
  std::vector<std::string> choices;
  choices.reserve(targets.size());
  for (const std::string& target : targets)
    choices.push_back(absl::StrCat(choices.size(), " : ", target));
  return absl::StrCat("    ip daddr ", address, port.protocol == "UDP" ? " udp" : " tcp", " dport ",
                      port.port, " dnat ip to numgen inc mod ", targets.size(), " map { ",
                      absl::StrJoin(choices, ", "), " }\n");
}

// Where what goes to a pod still says from whom it comes.
std::string FilterChain(const Filters& filters) {
  if (filters.pods.empty()) return "";
  std::string chain =
      "  chain filters {\n"
      "    type filter hook forward priority filter;\n"
      "    ct state established,related accept\n";
  if (IsIpv4(filters.machine))
    absl::StrAppend(&chain, "    ip saddr ", filters.machine, " accept\n");
  for (const auto& [pod, filter] : filters.pods) {
    // A pod reaches itself, as it does without a Service.
    if (IsIpv4(pod)) absl::StrAppend(&chain, "    ip saddr ", pod, " ip daddr ", pod, " accept\n");
    absl::StrAppend(&chain, FilterStatements(pod, filter));
  }
  return absl::StrCat(chain, "  }\n");
}

}  // namespace

std::string Rules(const std::string& address, const std::vector<ServiceNetwork::Port>& ports,
                  const Filters& filters) {
  std::set<std::string> rules;
  for (const ServiceNetwork::Port& port : ports) rules.insert(Rule(address, port));
  // Declared first so that the flush succeeds the first time; flushed rather than deleted so that
  // the hooks, and with them the tracked connections, stay.
  return absl::StrCat(
      "table ip weft {\n"
      "  chain services { type nat hook prerouting priority dstnat; }\n"
      "  chain sources { type nat hook postrouting priority srcnat; }\n"
      "}\n"
      "flush table ip weft\n"
      "table ip weft {\n"
      "  chain services {\n",
      absl::StrJoin(rules, ""),
      "  }\n"
      "  chain sources {\n"
      "    ct status dnat masquerade\n"
      "  }\n",
      FilterChain(filters), "}\n");
}

}  // namespace weft::anchor
