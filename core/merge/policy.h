#pragma once

#include <string>
#include <vector>

#include "core/config/policy.h"
#include "core/merge/merge.h"

// The policy of a namespace, on what was merged (docs/configuration.md, "What a namespace allows").
namespace weft::merge {

// Whose policy judges, and what it allows.
struct PolicyOf {
  std::string name_space;  // Of the application.
  config::Policy allowed;
  std::string reserved;  // Only its own applications have objects there, whatever is allowed.
};

// Something that the policy refuses.
struct Breach {
  std::string owner;    // Whoever wrote it.
  std::string code;     // POLICY_REFUSED
  std::string message;  // Names the object, the pointer and the owner.
  std::string pointer;  // "": the object itself.
  std::string found;    // What stands there, as canonical JSON, cut where it is long.
  std::string setting;  // Of core.yaml, that would allow it; empty: none would.
};

// What the policy refuses of `object`, which is made for the workload instance `maker`: all of it,
// those of the object first, then in the order of the rules. An object's own kind and namespace are
// the workload's if that wrote any leaf of it, else whoever wrote the first.
//
// The rules for pods hold wherever an object has what looks like a pod's spec, which is an object
// with a list of containers: so also in kinds that nobody here knows. A leaf of those that is
// steered is refused whatever it starts with, since it changes after it was judged.
//
// Pure and thread-safe. Takes time in proportion to the object.
std::vector<Breach> Judge(const PolicyOf& policy, const std::string& maker,
                          const MergedObject& object);

}  // namespace weft::merge
