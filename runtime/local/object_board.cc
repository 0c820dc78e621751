#include "runtime/local/object_board.h"

#include <utility>

namespace weft::local {

void ObjectBoard::SetObject(const Object& object) {
  std::lock_guard lock(mutex_);
  Projection& projection = objects_[LocalKey(object.ref)];
  if (projection.generation != object.generation) projection.up_to_date = false;
  projection.ref = object.ref;
  projection.owner = object.owner;
  projection.generation = object.generation;
  projection.deleting = object.deleting;
  board_.Put(projection);
}

void ObjectBoard::SetStatus(const std::string& key, uint64_t generation, std::string status,
                            bool up_to_date) {
  std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  found->second.status = std::move(status);
  found->second.up_to_date = up_to_date && generation == found->second.generation;
  board_.Put(found->second);
}

void ObjectBoard::RemoveObject(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  board_.Remove(runtime::KeyOf(found->second.ref));
  objects_.erase(found);
}

void ObjectBoard::SetPods(const std::string& controller_key, const std::vector<Projection>& pods) {
  std::lock_guard lock(mutex_);
  std::set<std::string> now;
  for (const Projection& pod : pods) now.insert(runtime::KeyOf(pod.ref));
  std::set<std::string>& known = pods_of_[controller_key];
  for (const std::string& key : known)
    if (!now.contains(key)) board_.Remove(key);
  for (const Projection& pod : pods) board_.Put(pod);
  known = std::move(now);
  if (known.empty()) pods_of_.erase(controller_key);
}

}  // namespace weft::local
