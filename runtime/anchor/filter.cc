#include "runtime/anchor/filter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/anchor/addresses.h"

namespace weft::anchor {
namespace {

std::string PortsMatch(const Filter::Ports& ports) {
  const char* protocol = ports.protocol == "UDP" ? "udp" : "tcp";
  if (ports.first == 0) return absl::StrCat(" meta l4proto ", protocol);
  // Older versions of nft refuse a range of one.
  const std::string last = ports.first == ports.last ? "" : absl::StrCat("-", ports.last);
  return absl::StrCat(" ", protocol, " dport ", ports.first, last);
}

// One statement for each way in. Intervals of one set must not overlap, so each has its own.
std::vector<std::string> StatementsOf(const std::string& to, const Filter::Rule& rule) {
  std::string from;
  if (!rule.everybody) {
    std::vector<std::string> sources(rule.sources.begin(), rule.sources.end());
    std::erase_if(sources, [](const std::string& source) { return !IsIpv4(source); });
    if (sources.empty()) return {};
    from = absl::StrCat(" ip saddr { ", absl::StrJoin(sources, ", "), " }");
  }
  if (rule.ports.empty()) return {absl::StrCat("    ", to, from, " accept\n")};
  std::vector<std::string> statements;
  for (const Filter::Ports& ports : rule.ports) {
    const bool all = ports.first == 0;
    if (all || (ports.first > 0 && ports.first <= ports.last && ports.last < 65536))
      statements.push_back(absl::StrCat("    ", to, from, PortsMatch(ports), " accept\n"));
  }
  return statements;
}

}  // namespace

std::string FilterStatements(const std::string& address, const Filter& filter) {
  if (!IsIpv4(address)) return "";
  const std::string to = absl::StrCat("ip daddr ", address);
  std::set<std::string> statements;  // In order, without doubles.
  for (const Filter::Rule& rule : filter.rules)
    for (std::string& statement : StatementsOf(to, rule)) statements.insert(std::move(statement));
  return absl::StrCat(absl::StrJoin(statements, ""), "    ", to, " reject\n");
}

std::string PodRules(const std::string& address, const std::string& machine,
                     const std::string& services, const std::optional<Filter>& filter) {
  // Declared first so that the deletion succeeds the first time.
  std::string rules = "table inet weft { }\ndelete table inet weft\n";
  if (!filter.has_value()) return rules;
  absl::StrAppend(
      &rules,
      "table inet weft {\n"
      "  chain ingress {\n"
      "    type filter hook input priority filter;\n"
      "    iif lo accept\n"
      // Of a TCP connection, which may be older than this, the beginning alone is asked.
      "    tcp flags & (fin | syn | rst | ack) != syn accept\n"
      "    ct state established,related accept\n");
  if (IsIpv4(machine)) absl::StrAppend(&rules, "    ip saddr ", machine, " accept\n");
  absl::StrAppend(&rules, "    ip saddr ", services, " accept\n",
                  FilterStatements(address, *filter),
                  // What has no such address: other protocols of the network.
                  "    reject\n"
                  "  }\n"
                  "}\n");
  return rules;
}

}  // namespace weft::anchor
