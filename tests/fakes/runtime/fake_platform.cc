#include "tests/fakes/runtime/fake_platform.h"

#include <utility>

#include "runtime/base/convert.h"

namespace weft::fakes {
namespace {

// The size that a Deployment has: of a steered leaf that is set, of the object, of a seed, or 1.
int64_t ReplicasOf(const runtime::v1::AppliedObject& object, const json::value& value) {
  int64_t replicas = json::GetInt(value, {"spec", "replicas"}, 1);
  for (const runtime::v1::SteeredLeaf& leaf : object.steered()) {
    const auto steered = json::Parse(leaf.value());
    if (leaf.pointer() == "/spec/replicas" && steered.ok() && steered->is_int64())
      replicas = steered->get_int64();
  }
  return replicas;
}

std::string StatusOf(const runtime::v1::AppliedObject& object, const json::value& value) {
  if (object.object().ref().kind() != "Deployment") return "{}";
  const int64_t replicas = ReplicasOf(object, value);
  return json::Canonical(json::object{{"replicas", replicas},
                                      {"readyReplicas", replicas},
                                      {"availableReplicas", replicas},
                                      {"updatedReplicas", replicas}});
}

}  // namespace

FakePlatform::FakePlatform(bool keep_objects) : keep_objects_(keep_objects) {
  board_.SetComplete();
}

void FakePlatform::Apply(const runtime::v1::AppliedObject& object, bool dry_run,
                         runtime::v1::ApplyResponse::Result& result) {
  *result.mutable_ref() = object.object().ref();
  const auto value = json::Parse(object.object().json());
  if (!value.ok()) {
    result.set_outcome(runtime::v1::APPLY_OUTCOME_REFUSED);
    return result.set_message(std::string(value.status().message()));
  }
  result.set_outcome(runtime::v1::APPLY_OUTCOME_ACCEPTED);
  if (dry_run) return;
  const runtime::ObjectRef ref = runtime::FromProto(object.object().ref());
  std::lock_guard lock(mutex_);
  Object& known = objects_[runtime::KeyOf(ref)];
  if (known.there && known.generation > object.generation())
    return result.set_outcome(runtime::v1::APPLY_OUTCOME_OUTDATED);
  if (known.there && known.generation == object.generation()) return;
  if (!known.there) ++known.made;
  known.there = true;
  known.generation = object.generation();
  known.owner = object.owner();
  if (keep_objects_) known.json = object.object().json();
  board_.Put({.ref = ref,
              .owner = object.owner(),
              .generation = object.generation(),
              .status = StatusOf(object, *value),
              .up_to_date = true});
}

void FakePlatform::Delete(const common::v1::ObjectRef& ref) {
  const std::string key = runtime::KeyOf(runtime::FromProto(ref));
  std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  found->second.there = false;
  board_.Remove(key);
}

json::object FakePlatform::Dump() const {
  std::lock_guard lock(mutex_);
  json::object dump;
  for (const auto& [key, object] : objects_) {
    json::object one = {{"generation", object.generation},
                        {"owner", object.owner},
                        {"made", object.made},
                        {"there", object.there}};
    if (keep_objects_) one["object"] = json::Parse(object.json).value_or(nullptr);
    dump[key] = std::move(one);
  }
  return dump;
}

}  // namespace weft::fakes
