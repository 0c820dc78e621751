#include "tests/simulation/platform.h"

#include <utility>

#include "core/base/json.h"
#include "core/store/object_key.h"

namespace weft::simulation {

namespace pb = ::weft::runtime::v1;

pb::ApplyResponse Platform::Apply(const pb::ApplyRequest& request) {
  pb::ApplyResponse response;
  for (const pb::AppliedObject& object : request.objects()) {
    pb::ApplyResponse::Result& result = *response.add_results();
    *result.mutable_ref() = object.object().ref();
    if (request.dry_run()) {
      result.set_outcome(pb::APPLY_OUTCOME_ACCEPTED);
      RefuseChange(object, result);
    } else {
      ApplyOne(object, result);
    }
  }
  return response;
}

// Whether the object is a Service and would change.
bool Platform::RefuseChange(const pb::AppliedObject& object,
                            pb::ApplyResponse::Result& result) const {
  const auto known = objects_.find(store::ObjectKey(object.object().ref()));
  if (known == objects_.end() || object.object().ref().kind() != "Service" ||
      object.object().json() == known->second.applied.object().json())
    return false;
  result.set_outcome(pb::APPLY_OUTCOME_REFUSED);
  result.add_immutable("/spec/value");
  return true;
}

void Platform::ApplyOne(const pb::AppliedObject& object, pb::ApplyResponse::Result& result) {
  const std::string key = store::ObjectKey(object.object().ref());
  result.set_outcome(pb::APPLY_OUTCOME_ACCEPTED);
  const auto known = objects_.find(key);
  if (known != objects_.end()) {
    const uint64_t generation = known->second.applied.generation();
    if (generation > object.generation()) return result.set_outcome(pb::APPLY_OUTCOME_OUTDATED);
    if (known->second.deleting) {
      result.set_outcome(pb::APPLY_OUTCOME_FAILED);
      return result.set_message("it is being deleted");
    }
    if (generation == object.generation()) {
      if (object.correct()) Correct(key, result);
      return result.set_digest(json::Sha256(known->second.live));
    }
    if (RefuseChange(object, result)) return;
  }
  objects_[key] = {object, object.object().json()};
  result.set_digest(json::Sha256(object.object().json()));
  Tell(key);
}

void Platform::Correct(const std::string& key, pb::ApplyResponse::Result& result) {
  Object& object = objects_.at(key);
  if (object.live == object.applied.object().json()) return;
  object.live = object.applied.object().json();
  pb::ApplyResponse::Correction& correction = *result.add_corrections();
  correction.set_pointer("/spec/value");
  correction.set_writer("somebody");
  Tell(key);
}

void Platform::Delete(const pb::DeleteRequest& request) {
  for (int i = 0; i < request.objects_size(); ++i) {
    const auto known = objects_.find(store::ObjectKey(request.objects(i)));
    if (known == objects_.end() || known->second.deleting) continue;
    known->second.deleting = true;
    Tell(known->first);
  }
}

pb::ListResponse Platform::List() const {
  pb::ListResponse response;
  for (const auto& [key, object] : objects_) *response.add_items() = Project(object);
  response.set_complete(true);
  return response;
}

void Platform::Lose(const std::string& key) { Erase(key); }

void Platform::Edit(const std::string& key, const std::string& live) {
  objects_.at(key).live = live;
  Tell(key);
}

void Platform::EndDeletions() {
  std::vector<std::string> deleting;
  for (const auto& [key, object] : objects_) {
    if (object.deleting) deleting.push_back(key);
  }
  for (const std::string& key : deleting) Erase(key);
}

void Platform::OpenWatch() {
  watched_ = true;
  events_.clear();
  for (const auto& [key, object] : objects_) Tell(key);
  events_.emplace_back().mutable_synced()->set_complete(true);
}

void Platform::CloseWatch() {
  watched_ = false;
  events_.clear();
}

bool Platform::Next(pb::WatchResponse& event) {
  if (events_.empty()) return false;
  event = std::move(events_.front());
  events_.pop_front();
  return true;
}

pb::Projection Platform::Project(const Object& object) const {
  pb::Projection projection;
  *projection.mutable_ref() = object.applied.object().ref();
  projection.set_owner(object.applied.owner());
  projection.set_generation(object.applied.generation());
  projection.set_deleting(object.deleting);
  projection.set_digest(json::Sha256(object.live));
  return projection;
}

void Platform::Tell(const std::string& key) {
  if (watched_) *events_.emplace_back().mutable_changed() = Project(objects_.at(key));
}

void Platform::Erase(const std::string& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  if (watched_) *events_.emplace_back().mutable_gone() = found->second.applied.object().ref();
  objects_.erase(found);
}

}  // namespace weft::simulation
