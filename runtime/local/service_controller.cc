#include "runtime/local/service_controller.h"

#include <algorithm>
#include <utility>

#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::local {
namespace {

std::string SettingOf(const std::string& key) { return "address/" + key; }

// Source: Kubernetes API, core/v1 ServiceSpec.publishNotReadyAddresses.
bool IsBehind(const ServiceSpec& spec, const Pod& pod) {
  const bool ready = pod.readiness() == Readiness::kReady && !pod.terminating;
  return (ready || spec.publishes_not_ready) && !pod.address.empty() &&
         Selects(spec.selector, pod.labels);
}

std::vector<std::string> AddressesOf(const ServiceSpec& spec, const std::vector<Pod>& pods) {
  std::vector<std::string> addresses;
  for (const Pod& pod : pods)
    if (IsBehind(spec, pod)) addresses.push_back(pod.address);
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

// Kubernetes API, core/v1 ServiceStatus, and what its spec says of the address.
std::string StatusJson(const ServiceSpec& spec, const std::string& address) {
  if (spec.headless) return json::Canonical(json::object{{"loadBalancer", json::object{}}});
  json::array ports;
  for (const ServicePort& port : spec.ports)
    ports.push_back(
        json::object{{"name", port.name}, {"port", port.port}, {"protocol", port.protocol}});
  return json::Canonical(json::object{
      {"clusterIP", address}, {"ports", std::move(ports)}, {"loadBalancer", json::object{}}});
}

}  // namespace

std::vector<anchor::ServiceNetwork::Port> PortsOf(const ServiceSpec& spec,
                                                  const std::vector<Pod>& pods) {
  std::vector<anchor::ServiceNetwork::Port> ports;
  for (const ServicePort& port : spec.ports) {
    anchor::ServiceNetwork::Port& out = ports.emplace_back();
    out.port = port.port;
    out.protocol = port.protocol;
    for (const Pod& pod : pods) {
      if (!IsBehind(spec, pod)) continue;
      if (const int target = PortNumber(port.target, pod); target != 0)
        out.targets.emplace_back(pod.address, target);
    }
    std::sort(out.targets.begin(), out.targets.end());
  }
  return ports;
}

std::string ServiceController::AddressOf(const std::string& key) const {
  std::lock_guard lock(mutex_);
  if (const auto known = addresses_.find(key); known != addresses_.end()) return known->second;
  const absl::StatusOr<std::string> remembered = parts_.objects.ReadSetting(SettingOf(key));
  if (!remembered.ok()) return "";  // It is read again.
  return addresses_[key] = *remembered;
}

bool ServiceController::Leads(const std::string& ns, const std::string& address) const {
  for (const ObjectPtr& object : parts_.objects.InNamespace(ns)) {
    if (object->ref.kind != "Service") continue;
    const std::string key = LocalKey(object->ref);
    bool known = false;
    {
      std::lock_guard lock(mutex_);
      const auto found = led_to_.find(key);
      known = found != led_to_.end();
      if (known && found->second.contains(address)) return true;
    }
    const auto* spec = std::get_if<ServiceSpec>(&object->spec);
    if (!known && ((spec != nullptr && spec->headless) || !AddressOf(key).empty())) return true;
  }
  return false;
}

// Whoever sends requests there has to know. It is remembered, since after a restart of this process
// a Service is looked at only when all of its pods are known.
absl::Status ServiceController::SetAddress(const Object& object, const std::string& address) {
  const std::string key = LocalKey(object.ref);
  bool changed = AddressOf(key) != address;
  if (changed) {
    WEFT_RETURN_IF_ERROR(address.empty() ? parts_.objects.RemoveSetting(SettingOf(key))
                                         : parts_.objects.WriteSetting(SettingOf(key), address));
  }
  {
    std::lock_guard lock(mutex_);
    addresses_[key] = address;
    changed |= std::exchange(told_[key], object.generation) != object.generation;
  }
  if (!changed) return absl::OkStatus();
  for (const ObjectPtr& other : parts_.objects.InNamespace(object.ref.ns))
    if (other->ref.kind == "Ingress") parts_.wake(LocalKey(other->ref));
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> ServiceController::Reconcile(const std::string& key) {
  const ObjectPtr object = parts_.objects.Find(key);
  if (object == nullptr) return absl::InfiniteDuration();
  const std::string& ns = object->ref.ns;
  if (object->deleting) {
    WEFT_RETURN_IF_ERROR(parts_.networks.SetNames(ns, object->ref.name, {}));
    WEFT_RETURN_IF_ERROR(parts_.services.Remove(ns, object->ref.name));
    WEFT_RETURN_IF_ERROR(SetAddress(*object, ""));
    WEFT_RETURN_IF_ERROR(parts_.objects.Forget(object->ref));
    {
      std::lock_guard lock(mutex_);
      led_to_.erase(key);
    }
    parts_.wake(LocalKey("Network", ns, ""));
    return absl::InfiniteDuration();
  }
  const auto* spec = std::get_if<ServiceSpec>(&object->spec);
  if (spec == nullptr) return absl::InfiniteDuration();
  // After a restart of this process: a Service keeps its pods until all are known again. The
  // controller of the last one wakes this.
  if (!parts_.pods.KnowsAll(parts_.objects.InNamespace(ns))) return absl::InfiniteDuration();
  WEFT_ASSIGN_OR_RETURN(const NamespaceNetwork network, parts_.networks.Ensure(ns));
  const std::vector<Pod> pods = parts_.pods.InNamespace(ns);
  const std::vector<std::string> behind = AddressesOf(*spec, pods);
  std::set<std::string> targets;  // A pod that ends waits until it is none of them.
  for (const Pod& pod : pods)
    if (IsBehind(*spec, pod) && !pod.terminating) targets.insert(pod.address);
  {
    std::lock_guard lock(mutex_);  // To those before too, until it is done.
    if (led_to_.contains(key)) led_to_[key].insert(targets.begin(), targets.end());
  }
  std::string address;
  if (spec->headless) {
    WEFT_RETURN_IF_ERROR(parts_.networks.SetNames(ns, object->ref.name, behind));
    // It may have had an address before.
    WEFT_RETURN_IF_ERROR(parts_.services.Remove(ns, object->ref.name));
  } else {
    anchor::ServiceNetwork::Service wanted = {ns, object->ref.name, network.name,
                                              PortsOf(*spec, pods)};
    WEFT_ASSIGN_OR_RETURN(wanted.filters, parts_.filters.ForServices(ns, pods));
    WEFT_ASSIGN_OR_RETURN(address, parts_.services.Ensure(wanted));
  }
  {
    std::lock_guard lock(mutex_);
    led_to_[key] = std::move(targets);
  }
  WEFT_RETURN_IF_ERROR(SetAddress(*object, address));
  parts_.board.SetStatus(key, object->generation, StatusJson(*spec, address), true);
  return absl::InfiniteDuration();
}

}  // namespace weft::local
