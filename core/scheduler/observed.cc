#include "core/scheduler/observed.h"

#include <utility>

#include "core/scheduler/application_key.h"
#include "core/store/object_key.h"

namespace weft::scheduler {

Observed::View Observed::Of(const std::string& application) const {
  std::lock_guard lock(mutex_);
  View view;
  view.complete = complete_;
  const auto found = applications_.find(application);
  if (found == applications_.end()) return view;
  view.objects = found->second.objects;
  view.gone = found->second.gone;
  view.lost = found->second.lost;
  return view;
}

std::vector<std::string> Observed::Objects() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> objects;
  objects.reserve(owner_.size());
  for (const auto& [object, application] : owner_) objects.push_back(object);
  return objects;
}

std::optional<runtime::v1::Projection> Observed::Find(const std::string& object_key) const {
  std::lock_guard lock(mutex_);
  const auto owner = owner_.find(object_key);
  if (owner == owner_.end()) return std::nullopt;
  return applications_.at(owner->second).objects.at(object_key);
}

std::string Observed::Update(runtime::v1::Projection projection) {
  std::string application = ApplicationOfInstance(projection.owner());
  const std::string key = store::ObjectKey(projection.ref());
  std::lock_guard lock(mutex_);
  if (listed_.has_value()) listed_->insert(key);
  if (const auto before = owner_.find(key); before != owner_.end() && before->second != application)
    RemoveLocked(key);
  owner_[key] = application;
  Application& of = applications_[application];
  of.gone.erase(key);
  of.lost.erase(key);
  of.objects[key] = std::move(projection);
  return application;
}

std::string Observed::Remove(const common::v1::ObjectRef& ref) {
  std::lock_guard lock(mutex_);
  return RemoveLocked(store::ObjectKey(ref));
}

std::string Observed::RemoveLocked(const std::string& object_key) {
  const auto owner = owner_.find(object_key);
  if (owner == owner_.end()) return "";
  std::string application = owner->second;
  owner_.erase(owner);
  const auto of = applications_.find(application);
  const auto object = of->second.objects.find(object_key);
  if (application.empty()) {
    // Nobody waits for it.
  } else if (of->second.deleted.contains(object_key)) {
    of->second.gone.insert(object_key);
  } else if (!object->second.has_controller()) {  // A pod is made again by the platform.
    of->second.lost.insert(object_key);
  }
  of->second.objects.erase(object);
  DropIfEmptyLocked(application);
  return application;
}

void Observed::DropIfEmptyLocked(const std::string& application) {
  const auto of = applications_.find(application);
  if (of != applications_.end() && of->second.empty()) applications_.erase(of);
}

void Observed::Begin() {
  std::lock_guard lock(mutex_);
  complete_ = false;
  listed_.emplace();
}

void Observed::Synced(bool complete) {
  std::lock_guard lock(mutex_);
  complete_ = complete;
  if (!complete || !listed_.has_value()) return;
  std::vector<std::string> absent;
  for (const auto& [key, application] : owner_) {
    if (!listed_->contains(key)) absent.push_back(key);
  }
  for (const std::string& key : absent) RemoveLocked(key);
  listed_.reset();
}

void Observed::Lost() {
  std::lock_guard lock(mutex_);
  complete_ = false;
  listed_.reset();
  for (auto& [application, of] : applications_) of.gone.clear();
  std::erase_if(applications_, [](const auto& of) { return of.second.empty(); });
}

void Observed::DeletionTaken(const std::string& application, const std::string& object_key) {
  std::lock_guard lock(mutex_);
  applications_[application].deleted.insert(object_key);
}

void Observed::ForgetGone(const std::string& application, const std::string& object_key) {
  std::lock_guard lock(mutex_);
  const auto found = applications_.find(application);
  if (found == applications_.end()) return;
  found->second.gone.erase(object_key);
  found->second.lost.erase(object_key);
  found->second.deleted.erase(object_key);
  DropIfEmptyLocked(application);
}

void Observed::Forget(const std::string& application) {
  std::lock_guard lock(mutex_);
  const auto found = applications_.find(application);
  if (found == applications_.end()) return;
  for (const auto& [key, projection] : found->second.objects) owner_.erase(key);
  applications_.erase(found);
}

}  // namespace weft::scheduler
