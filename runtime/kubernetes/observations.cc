#include "runtime/kubernetes/observations.h"

#include <algorithm>
#include <vector>

namespace weft::kubernetes {

using runtime::KeyOf;
using runtime::ObjectRef;
using runtime::Projection;

std::string Observations::KindKey(const std::string& api_version, const std::string& kind) {
  return api_version + "/" + kind;
}

void Observations::Expect(const std::string& api_version, const std::string& kind) {
  std::lock_guard lock(mutex_);
  kinds_.try_emplace(KindKey(api_version, kind));
}

void Observations::PutLocked(Kind& kind, Projection projection, uint64_t version) {
  uint64_t& known = kind.versions.try_emplace(KeyOf(projection.ref), 0).first->second;
  if (version < known) return;
  known = version;
  board_.Put(std::move(projection));
}

void Observations::Watched(Projection projection, uint64_t version) {
  std::lock_guard lock(mutex_);
  Kind& kind = kinds_[KindKey(projection.ref.api_version, projection.ref.kind)];
  kind.version = std::max(kind.version, version);
  PutLocked(kind, std::move(projection), version);
}

void Observations::WatchedGone(const ObjectRef& ref, uint64_t version) {
  std::lock_guard lock(mutex_);
  Kind& kind = kinds_[KindKey(ref.api_version, ref.kind)];
  kind.version = std::max(kind.version, version);
  const auto known = kind.versions.find(KeyOf(ref));
  if (known == kind.versions.end() || known->second > version) return;
  kind.versions.erase(known);
  board_.Remove(KeyOf(ref));
}

void Observations::Listed(const std::string& api_version, const std::string& kind_name,
                          const std::set<std::string>& keys, uint64_t version) {
  std::lock_guard lock(mutex_);
  Kind& kind = kinds_[KindKey(api_version, kind_name)];
  std::vector<std::string> gone;
  for (const auto& [key, known] : kind.versions)
    if (keys.count(key) == 0 && known <= version) gone.push_back(key);
  for (const std::string& key : gone) {
    kind.versions.erase(key);
    board_.Remove(key);
  }
  kind.listed = true;
  kind.version = std::max(kind.version, version);
  if (std::all_of(kinds_.begin(), kinds_.end(), [](const auto& it) { return it.second.listed; }))
    board_.SetComplete();
}

void Observations::Applied(Projection projection, uint64_t version) {
  std::lock_guard lock(mutex_);
  Kind& kind = kinds_[KindKey(projection.ref.api_version, projection.ref.kind)];
  if (version > kind.version) PutLocked(kind, std::move(projection), version);
}

bool Observations::SeemsAbsent(const ObjectRef& ref) const {
  std::lock_guard lock(mutex_);
  const auto kind = kinds_.find(KindKey(ref.api_version, ref.kind));
  return kind != kinds_.end() && kind->second.listed &&
         kind->second.versions.count(KeyOf(ref)) == 0;
}

}  // namespace weft::kubernetes
