#include "runtime/kubernetes/apply_step.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weft::kubernetes {
namespace {

// A resourceVersion that no object has: etcd counts writes from 2. An apply with it creates the
// object or fails with a conflict, as any other precondition that does not hold.
constexpr char kMustNotExist[] = "1";

json::value Skeleton(const ObjectRef& ref) {
  json::object metadata{{"name", ref.name}};
  if (!ref.ns.empty()) metadata["namespace"] = ref.ns;
  return json::object{{"apiVersion", ref.api_version}, {"kind", ref.kind}, {"metadata", metadata}};
}

json::value OwnBody(const AppliedObject& wanted) {
  json::value body = wanted.object;
  const json::value skeleton = Skeleton(wanted.ref);
  const auto set = [&](const char* map, const char* key, const std::string& value) {
    Put(body,
        {{Step::Type::kField, "metadata", nullptr},
         {Step::Type::kField, map, nullptr},
         {Step::Type::kField, key, nullptr}},
        json::value(value), nullptr);
  };
  set("annotations", kOwnerAnnotation, wanted.owner);
  set("annotations", kGenerationAnnotation, absl::StrCat(wanted.generation));
  for (const auto& [key, value] : skeleton.get_object()) {
    if (key != "metadata") body.get_object()[key] = value;
  }
  for (const auto& [key, value] : skeleton.at("metadata").get_object())
    body.at("metadata").get_object()[key] = value;
  return body;
}

// One look at an object that stands.
class Look {
 public:
  Look(const AppliedObject& wanted, const json::value& live)
      : wanted_(wanted),
        live_(live),
        fields_(live),
        own_(fields_.AppliedBy(kManager)),
        steered_(fields_.AppliedBy(kSteerManager)) {}

  bool OwnIsNeeded() const {
    if (wanted_.correct || AcceptedGeneration(live_, fields_) != wanted_.generation) return true;
    for (const SteeredLeaf& leaf : wanted_.steered)
      if (Value(leaf) == nullptr || own_.count(leaf.pointer) > 0) return true;
    return false;
  }

  // Some leaf is not at its value, or not weft-steer's although it should be.
  bool SteeringIsNeeded(bool values_done) const {
    for (const SteeredLeaf& leaf : wanted_.steered) {
      if (!IsHeld(leaf)) continue;
      if (steered_.count(leaf.pointer) == 0) return true;
      if (leaf.set && !values_done && json::Canonical(leaf.value) != json::Canonical(*Value(leaf)))
        return true;
    }
    return false;
  }

  bool HoldsTooMuch() const {
    for (const auto& [pointer, path] : steered_)
      if (!IsSteered(pointer, path)) return true;
    return false;
  }

  // `keep`: also the leaves that are steered no more, until "weft" has had its turn.
  ApplyStep Steering(bool keep) const {
    json::value body = Skeleton(wanted_.ref);
    json::object& metadata = body.at("metadata").get_object();
    for (const char* precondition : {"uid", "resourceVersion"})
      metadata[precondition] = json::GetString(live_, {"metadata", precondition});
    for (const SteeredLeaf& leaf : wanted_.steered)
      if (IsHeld(leaf)) Put(body, leaf.path, leaf.set ? leaf.value : *Value(leaf), live_);
    for (const auto& [pointer, path] : steered_) {
      const json::value* value = Follow(live_, path);
      if (keep && !IsSteered(pointer, path) && value != nullptr) Put(body, path, *value, live_);
    }
    return {kSteerManager, std::move(body)};
  }

  ApplyStep Own() const {
    json::value body = OwnBody(wanted_);
    body.at("metadata").get_object()["uid"] = json::GetString(live_, {"metadata", "uid"});
    for (const SteeredLeaf& leaf : wanted_.steered)
      if (Value(leaf) == nullptr) Put(body, leaf.path, leaf.value, wanted_.object);
    return {kManager, std::move(body), true};
  }

 private:
  const json::value* Value(const SteeredLeaf& leaf) const { return Follow(live_, leaf.path); }
  // It has a value that weft-steer holds, or is to hold. What somebody else has taken over, such as
  // an autoscaler, stays theirs unless we set it.
  bool IsHeld(const SteeredLeaf& leaf) const {
    return Value(leaf) != nullptr &&
           (leaf.set || own_.count(leaf.pointer) > 0 || steered_.count(leaf.pointer) > 0);
  }
  // It is a leaf that is steered, or names a list element that has one: any apply has to say that.
  bool IsSteered(const std::string& pointer, const FieldPath& path) const {
    const std::string element =
        IsElementKey(path) ? FormatPointer({path.begin(), path.end() - 1}) + "/" : "";
    for (const SteeredLeaf& leaf : wanted_.steered)
      if (leaf.pointer == pointer || (!element.empty() && absl::StartsWith(leaf.pointer, element)))
        return true;
    return false;
  }

  const AppliedObject& wanted_;
  const json::value& live_;
  const ManagedFields fields_;
  const Leaves& own_;
  const Leaves& steered_;
};

}  // namespace

json::value WholeBody(const AppliedObject& wanted) {
  json::value body = OwnBody(wanted);
  for (const SteeredLeaf& leaf : wanted.steered) Put(body, leaf.path, leaf.value, wanted.object);
  return body;
}

std::optional<ApplyStep> NextStep(const AppliedObject& wanted, const json::value& live,
                                  const AppliedSoFar& done) {
  if (live.is_null()) {
    json::value body = WholeBody(wanted);
    body.at("metadata").get_object()["resourceVersion"] = kMustNotExist;
    return ApplyStep{kManager, std::move(body), true};
  }
  const Look look(wanted, live);
  const bool own_is_needed = !done.own && look.OwnIsNeeded();
  if (look.SteeringIsNeeded(done.steered)) return look.Steering(own_is_needed);
  if (own_is_needed) return look.Own();
  if (look.HoldsTooMuch()) return look.Steering(false);
  return std::nullopt;
}

std::vector<Correction> Corrections(const AppliedObject& wanted, const json::value& before,
                                    const json::value& after) {
  std::vector<Correction> corrections;
  if (before.is_null()) return corrections;
  const ManagedFields then(before), now(after);
  if (!wanted.correct || AcceptedGeneration(before, then) != wanted.generation) return corrections;
  const Leaves& steered = now.AppliedBy(kSteerManager);
  for (const auto& [pointer, path] : now.AppliedBy(kManager)) {
    // What was ours then, nobody else had changed: that would have made it theirs.
    if (steered.count(pointer) > 0 || then.AppliedBy(kManager).count(pointer) > 0) continue;
    if (LeafText(before, then, pointer, path) == LeafText(after, now, pointer, path)) continue;
    corrections.push_back({pointer, then.WriterOf(pointer)});
  }
  return corrections;
}

}  // namespace weft::kubernetes
