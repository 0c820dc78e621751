#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Who may reach a pod, and the nftables rules that see to it: docs/adr/0037-network-policies.md.
namespace weft::anchor {

// Of a pod that not everybody may reach: who may, if any of the rules says so.
struct Filter {
  struct Ports {
    std::string protocol;  // "TCP" or "UDP".
    int first = 0;         // 0: all of them.
    int last = 0;
  };
  struct Rule {
    bool everybody = false;
    std::set<std::string> sources;  // Else these, IPv4.
    std::vector<Ports> ports;       // Empty: every one, of every protocol.
  };
  std::vector<Rule> rules;
};

// Of pods of one network, by their IPv4 address; pods without a filter are reached by everybody.
struct Filters {
  std::string machine;  // The address from which the machine itself comes: it may reach every pod.
  std::map<std::string, Filter> pods = {};
};

// The statements of a chain that lets through to `address` what may reach it, and rejects what else
// goes there. Like every function here, it leaves out what is not an IPv4 address or a port: the
// text is a program, and they come from outside.
std::string FilterStatements(const std::string& address, const Filter& filter);

// The input of `nft -f -` that makes the network namespace of the pod at `address` let in what may
// reach it, what comes from the addresses of Services (`services`, a prefix), which are filters
// themselves, and answers. Nothing: everybody may. One transaction, which replaces what an earlier
// one made; connections that exist stay.
std::string PodRules(const std::string& address, const std::string& machine,
                     const std::string& services, const std::optional<Filter>& filter);

}  // namespace weft::anchor
