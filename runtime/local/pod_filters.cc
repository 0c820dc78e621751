#include "runtime/local/pod_filters.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/anchor/addresses.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

// One start of a pod's network.
std::string StartOf(const Pod& pod) {
  return absl::StrCat(pod.sandbox.id, " ", pod.sandbox.started_at);
}

// What has ended needs no filter.
absl::Status UnlessGone(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

}  // namespace

std::shared_ptr<PodFilters::Namespace> PodFilters::Of(const std::string& ns) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Namespace>& of = namespaces_[ns];
  if (of == nullptr) of = std::make_shared<Namespace>();
  return of;
}

absl::StatusOr<PodFilters::Surroundings> PodFilters::Look(const std::string& ns) const {
  WEFT_ASSIGN_OR_RETURN(const engine::Network network,
                        engine_.InspectNetwork(NetworkName(installation_, ns)));
  WEFT_ASSIGN_OR_RETURN(const std::string services, anchor::ServiceRange(network.subnet));
  return Surroundings{PoliciesOf(objects_, ns), pods_.InNamespace(ns), network.subnet, services};
}

// Without it the machine's probes would be kept out.
absl::StatusOr<std::string> PodFilters::Machine(const Surroundings& around,
                                                const std::string& towards) const {
  std::string address = network_.own_address(towards);
  if (!anchor::IsIn(around.subnet, address))
    return absl::UnavailableError("this machine is not on the network of the namespace");
  return address;
}

absl::Status PodFilters::Begin(const Pod& pod) {
  if (PoliciesOf(objects_, pod.ns).none()) return absl::OkStatus();
  const std::shared_ptr<Namespace> in = Of(pod.ns);
  std::lock_guard lock(in->mutex);
  WEFT_ASSIGN_OR_RETURN(Surroundings around, Look(pod.ns));
  const size_t former = std::erase_if(around.pods, [&](const Pod& other) {
    return other.address == pod.address && StartOf(other) != StartOf(pod);
  });
  WEFT_RETURN_IF_ERROR(Put(pod, around, *in));
  if (former == 0) return absl::OkStatus();
  for (const Pod& other : around.pods)
    if (in->written.contains(StartOf(other)))
      WEFT_RETURN_IF_ERROR(UnlessGone(Put(other, around, *in)));
  return absl::OkStatus();
}

absl::Status PodFilters::Update(const std::string& ns) {
  const std::shared_ptr<Namespace> in = Of(ns);
  std::lock_guard lock(in->mutex);
  const Policies policies = PoliciesOf(objects_, ns);
  if (policies.none() || !policies.understood) return absl::OkStatus();
  if (policies.hold.empty()) return Clear(ns, *in);
  if (pods_.InNamespace(ns).empty()) return absl::OkStatus();  // There may be no network yet.
  WEFT_ASSIGN_OR_RETURN(const Surroundings around, Look(ns));
  absl::Status first;
  std::set<std::string> starts;
  for (const Pod& pod : around.pods) {
    if (pod.address.empty()) continue;
    starts.insert(StartOf(pod));
    first.Update(UnlessGone(Put(pod, around, *in)));
  }
  // Of one that is just coming, and so not known here yet, nothing is forgotten.
  std::erase_if(in->written, [&](const auto& entry) {
    return !starts.contains(entry.first) &&
           absl::IsNotFound(engine_.InspectContainer(entry.second.sandbox.id).status());
  });
  return first;
}

// The last policy goes, and with it what was written, also by a process before.
absl::Status PodFilters::Clear(const std::string& ns, Namespace& in) {
  for (const Pod& pod : pods_.InNamespace(ns))
    if (!pod.address.empty())
      in.written.try_emplace(StartOf(pod), Written{.sandbox = pod.sandbox, .in_place = true});
  absl::Status first;
  std::erase_if(in.written, [&](auto& entry) {
    if (!entry.second.in_place) return true;
    const absl::Status cleared =
        UnlessGone(network_.write(entry.second.sandbox, anchor::PodRules("", "", "", {})));
    first.Update(cleared);
    return cleared.ok();
  });
  return first;
}

absl::StatusOr<anchor::Filters> PodFilters::ForServices(const std::string& ns,
                                                        const std::vector<Pod>& pods) {
  if (PoliciesOf(objects_, ns).hold.empty()) return anchor::Filters{};
  WEFT_ASSIGN_OR_RETURN(const Surroundings around, Look(ns));
  WEFT_ASSIGN_OR_RETURN(std::string machine,
                        Machine(around, around.services.substr(0, around.services.find('/'))));
  return FiltersOf(around.policies, pods, std::move(machine));
}

absl::Status PodFilters::Put(const Pod& pod, const Surroundings& around, Namespace& in) {
  WEFT_ASSIGN_OR_RETURN(const std::string machine, Machine(around, pod.address));
  const std::string rules = anchor::PodRules(pod.address, machine, around.services,
                                             FilterOf(pod, around.policies, around.pods));
  Written& written = in.written[StartOf(pod)];
  if (written.rules == rules) return absl::OkStatus();
  written.sandbox = pod.sandbox;
  written.rules.clear();
  WEFT_RETURN_IF_ERROR(network_.write(pod.sandbox, rules));
  written.rules = rules;
  written.in_place = true;
  return absl::OkStatus();
}

}  // namespace weft::local
