#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/anchor/filter.h"
#include "runtime/local/object.h"
#include "runtime/local/object_store.h"
#include "runtime/local/pod.h"

// Who may reach a pod, by the NetworkPolicies of its namespace. Pure. Source: Kubernetes, Network
// Policies.
namespace weft::local {

// Those of a namespace that hold, and whether there are others, which are about to go.
struct Policies {
  std::vector<ObjectPtr> hold;  // That are understood.
  bool understood = true;       // All that hold are; else what is in place stays as it is.
  bool some_go = false;

  bool none() const { return hold.empty() && understood && !some_go; }
};
Policies PoliciesOf(const ObjectStore& objects, const std::string& ns);

// Of `pod`; nothing: no policy is about it, so that everybody may reach it. `pods`: those of the
// namespace, of which some may.
std::optional<anchor::Filter> FilterOf(const Pod& pod, const Policies& policies,
                                       const std::vector<Pod>& pods);

// Of those of `pods` that not everybody may reach. `machine`: as of Filters.
anchor::Filters FiltersOf(const Policies& policies, const std::vector<Pod>& pods,
                          std::string machine);

}  // namespace weft::local
