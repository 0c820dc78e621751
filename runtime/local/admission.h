#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/local/kinds.h"
#include "runtime/local/object.h"
#include "runtime/local/steering.h"

// Whether an object can be carried out: everything that is wrong with it is said here, at once, so
// that no controller ever meets a bad object. Pure.
namespace weft::local {

// What the engine's machine is, and what it lacks, for what an object asks of it. Zero or empty:
// not known, and not checked.
struct Machine {
  std::string os;
  std::string architecture;
  int64_t cpus = 0;
  int64_t memory_bytes = 0;
  // Why it has none of these, with what to do about it; empty: it has.
  std::string no_names = {};          // For headless Services.
  std::string no_network_rules = {};  // For Services and NetworkPolicies.
};

// What this machine carries out of Kinds().
std::vector<Kind> KindsOn(const Machine& machine);

struct Admitted {
  std::string json;  // Canonical.
  Spec spec;
  std::vector<Problem> problems;  // Empty: the object is right.
};

// `text`, with the values of its steered leaves.
Admitted Admit(const ObjectRef& ref, std::string_view text, const Machine& machine,
               const std::vector<SteeredLeaf>& steered = {});

// For admission.cc, by kind. Each reads an object whose leaves have the right types.
Spec ReadDeployment(const json::value& object, const Machine& machine,
                    std::vector<Problem>& problems);
Spec ReadDaemonSet(const json::value& object, const Machine& machine,
                   std::vector<Problem>& problems);
Spec ReadStatefulSet(const json::value& object, const Machine& machine,
                     std::vector<Problem>& problems);
Spec ReadJob(const json::value& object, const Machine& machine, std::vector<Problem>& problems);
Spec ReadCronJob(const json::value& object, const Machine& machine, std::vector<Problem>& problems);
Spec ReadService(const json::value& object, const Machine& machine, std::vector<Problem>& problems);
Spec ReadConfigMap(const json::value& object, const Machine& machine,
                   std::vector<Problem>& problems);
Spec ReadAutoscaler(const json::value& object, const Machine& machine,
                    std::vector<Problem>& problems);
Spec ReadIngress(const json::value& object, const Machine& machine, std::vector<Problem>& problems);
Spec ReadNetworkPolicy(const json::value& object, const Machine& machine,
                       std::vector<Problem>& problems);
Spec ReadPersistentVolumeClaim(const json::value& object, const Machine& machine,
                               std::vector<Problem>& problems);
Spec ReadSecret(const json::value& object, const Machine& machine, std::vector<Problem>& problems);

// Shared by the readers.
bool IsDnsLabel(std::string_view name);
Labels ReadLabels(const json::value* v);
void Refuse(std::vector<Problem>& problems, const std::string& pointer, const std::string& message,
            const std::string& found = "", const std::string& expected = "",
            const std::string& code = "INVALID_VALUE");

}  // namespace weft::local
