#include "runtime/local/pod_directory.h"

#include <algorithm>

namespace weft::local {
namespace {

bool SameForServices(const Pod& a, const Pod& b) {
  return a.name == b.name && a.address == b.address && a.readiness() == b.readiness() &&
         a.terminating == b.terminating && a.labels == b.labels && a.rules.ports == b.rules.ports;
}

}  // namespace

bool PodDirectory::Set(const std::string& deployment_key, std::vector<Pod> pods) {
  std::lock_guard lock(mutex_);
  const auto [it, fresh] = pods_.try_emplace(deployment_key);
  const bool same = !fresh && std::equal(pods.begin(), pods.end(), it->second.begin(),
                                         it->second.end(), SameForServices);
  it->second = std::move(pods);
  return !same;
}

void PodDirectory::Forget(const std::string& deployment_key) {
  std::lock_guard lock(mutex_);
  pods_.erase(deployment_key);
}

bool PodDirectory::Knows(const std::string& deployment_key) const {
  std::lock_guard lock(mutex_);
  return pods_.count(deployment_key) > 0;
}

bool PodDirectory::KnowsAll(const std::vector<ObjectPtr>& objects) const {
  return std::ranges::all_of(objects, [this](const ObjectPtr& object) {
    return !HasPods(object->ref.kind) || Knows(LocalKey(object->ref));
  });
}

std::vector<Pod> PodDirectory::InNamespace(const std::string& ns) const {
  std::lock_guard lock(mutex_);
  std::vector<Pod> all;
  for (const auto& [key, pods] : pods_) {
    if (NamespaceOfKey(key) == ns) all.insert(all.end(), pods.begin(), pods.end());
  }
  return all;
}

}  // namespace weft::local
