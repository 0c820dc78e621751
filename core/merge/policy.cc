#include "core/merge/policy.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/merge/cluster_scoped.h"
#include "core/merge/element_keys.h"
#include "core/merge/object_schema.h"
#include "core/merge/pointer.h"
#include "core/merge/problems.h"

namespace weft::merge {
namespace {

using config::Allowance;

constexpr char kPolicyRefused[] = "POLICY_REFUSED";
constexpr std::string_view kContainerLists[] = {"containers", "ephemeralContainers",
                                                "initContainers"};

bool IsUnset(const json::value& value) { return value.is_null(); }
bool IsOff(const json::value& value) {
  return value.is_null() || (value.is_bool() && !value.get_bool());
}
bool IsEmpty(const json::value& value) {
  return value.is_null() || (value.is_array() && value.get_array().empty());
}
bool IsDefaultAccount(const json::value& value) {
  return value.is_null() ||
         (value.is_string() && (value.get_string().empty() || value.get_string() == "default"));
}

// What is refused at a place in a pod's spec, unless what stands there is harmless.
struct Rule {
  Allowance needs;
  // Names of fields, from the spec, or with `in_container` from a container. A list stands for
  // each of its elements, but at the end.
  std::string_view path[3];
  bool (*is_harmless)(const json::value&);
  const char* what;
  bool in_container = false;
};

constexpr char kPrivileged[] = "runs a container with the rights of its node's root";

constexpr Rule kPodRules[] = {
    {Allowance::kHostNetwork, {"hostNetwork"}, IsOff, "puts a pod into its node's network"},
    {Allowance::kHostPid, {"hostPID"}, IsOff, "puts a pod among its node's processes"},
    {Allowance::kHostIpc, {"hostIPC"}, IsOff, "lets a pod share its node's IPC"},
    {Allowance::kServiceAccountName,
     {"serviceAccountName"},
     IsDefaultAccount,
     "gives a pod a service account"},
    // The old name: Kubernetes reads it where the other is not set.
    {Allowance::kServiceAccountName,
     {"serviceAccount"},
     IsDefaultAccount,
     "gives a pod a service account"},
    {Allowance::kHostPath, {"volumes", "hostPath"}, IsUnset, "mounts a path of its node"},
    {Allowance::kPrivileged,
     {"securityContext", "windowsOptions", "hostProcess"},
     IsOff,
     kPrivileged},
    {Allowance::kPrivileged,
     {"securityContext", "windowsOptions", "hostProcess"},
     IsOff,
     kPrivileged,
     true},
    {Allowance::kPrivileged, {"securityContext", "privileged"}, IsOff, kPrivileged, true},
    {Allowance::kCapabilities,
     {"securityContext", "capabilities", "add"},
     IsEmpty,
     "adds capabilities to a container",
     true},
};

// The fields of a rule's path, behind that of a list of containers if it has one.
std::vector<std::string_view> PathOf(const Rule& rule, std::string_view list) {
  std::vector<std::string_view> path;
  if (!list.empty()) path.push_back(list);
  std::ranges::copy_if(rule.path, std::back_inserter(path),
                       [](auto name) { return !name.empty(); });
  return path;
}

// Calls `visit` with every rule and its path.
template <class Visit>
void ForEachRule(const Visit& visit) {
  for (const Rule& rule : kPodRules) {
    if (!rule.in_container) {
      visit(rule, PathOf(rule, ""));
      continue;
    }
    for (const std::string_view list : kContainerLists) visit(rule, PathOf(rule, list));
  }
}

// A value, with what is known of it.
struct Place {
  const json::value* value;
  const Schema* schema = nullptr;
  std::span<const ListKey> keys = {};
};

Place FieldOf(const Place& at, std::string_view name, const json::value& value) {
  const SchemaField* known = at.schema == nullptr ? nullptr : at.schema->Find(name);
  return known == nullptr ? Place{&value} : Place{&value, known->schema, known->keys};
}

bool IsPodSpec(const json::object& object) {
  return std::ranges::any_of(kContainerLists, [&](std::string_view list) {
    const json::value* containers = object.if_contains(list);
    return containers != nullptr && containers->is_array();
  });
}

class Judgement {
 public:
  Judgement(const PolicyOf& policy, const std::string& maker, const MergedObject& object)
      : policy_(policy), maker_(maker), object_(object) {}

  std::vector<Breach> Take() {
    JudgeKind();
    const ObjectRef& ref = object_.ref;
    Search({&object_.value, FindSchema(ref.api_version, ref.kind)});
    for (const SteeredLeaf& leaf : object_.steered) JudgeSteered(leaf);
    return std::move(breaches_);
  }

 private:
  void JudgeKind() {
    const ObjectRef& ref = object_.ref;
    const std::string_view group = GroupOf(ref.api_version);
    if (ref.name_space.empty() || IsClusterScoped(ref.api_version, ref.kind)) {
      RefuseObject(Allowance::kClusterScoped, "makes an object of the whole cluster");
    } else if (ref.name_space != policy_.name_space) {
      const std::string what = absl::StrCat("makes an object in the namespace ", ref.name_space);
      if (ref.name_space == policy_.reserved) {
        Add(what, MakerOfObject(), "", "", "");
      } else {
        RefuseObject(Allowance::kOtherNamespaces, what);
      }
    }
    if (group == "rbac.authorization.k8s.io")
      RefuseObject(Allowance::kRbac, "changes who may do what in the cluster");
    if (group == "admissionregistration.k8s.io")
      RefuseObject(Allowance::kWebhooks, "changes what the cluster admits");
  }

  // Judges what looks like a pod's spec at `at` and below. Of a list without keys the pointer goes
  // no further than to the list, which is a leaf.
  void Search(const Place& at) {
    if (const json::array* list = at.value->if_array()) {
      for (const json::value& element : *list)
        Within(at, element, [&](const Place& place) { Search(place); });
      return;
    }
    const json::object* object = at.value->if_object();
    if (object == nullptr) return;
    if (IsPodSpec(*object)) {
      ForEachRule([&](const Rule& rule, const std::vector<std::string_view>& path) {
        Follow(rule, path, at);
      });
    }
    for (const auto& member : *object) {
      Below(at, {member.key().data(), member.key().size()}, member.value(),
            [&](const Place& place) { Search(place); });
    }
  }

  // Refuses what is not harmless at `path` from `at`.
  void Follow(const Rule& rule, std::span<const std::string_view> path, const Place& at) {
    if (path.empty()) {
      if (!rule.is_harmless(*at.value))
        Refuse(rule.needs, rule.what, OwnerAt(pointer_), pointer_, Quote(*at.value));
      return;
    }
    if (const json::array* list = at.value->if_array()) {
      for (const json::value& element : *list)
        Within(at, element, [&](const Place& place) { Follow(rule, path, place); });
      return;
    }
    const json::value* value = json::Find(*at.value, path.front());
    if (value == nullptr) return;
    Below(at, path.front(), *value,
          [&](const Place& place) { Follow(rule, path.subspan(1), place); });
  }

  template <class Visit>
  void Below(const Place& at, std::string_view name, const json::value& value, const Visit& visit) {
    const size_t length = pointer_.size();
    if (in_leaf_ == 0) pointer_ += FieldToken(name);
    visit(FieldOf(at, name, value));
    pointer_.resize(length);
  }

  template <class Visit>
  void Within(const Place& list, const json::value& element, const Visit& visit) {
    const auto keys = KeysOf(list.keys, element);
    const bool named = !list.keys.empty() && keys.ok();
    const size_t length = pointer_.size();
    if (named && in_leaf_ == 0) pointer_ += ElementToken(*keys);
    if (!named) ++in_leaf_;
    visit({&element, list.schema});
    if (!named) --in_leaf_;
    pointer_.resize(length);
  }

  // A leaf at a place of a rule, above or below one: what it will be nobody knows here.
  void JudgeSteered(const SteeredLeaf& leaf) {
    const absl::StatusOr<Pointer> steps = ParsePointer(leaf.pointer);
    if (!steps.ok()) return;  // The merge wrote it: it can be read.
    ForEachRule([&](const Rule& rule, const std::vector<std::string_view>& path) {
      for (size_t from = 0; from < steps->size(); ++from) {
        const size_t common = std::min(path.size(), steps->size() - from);
        if (!std::equal(path.begin(), path.begin() + common, steps->begin() + from,
                        [](std::string_view name, const Step& step) { return name == step.field; }))
          continue;
        Refuse(rule.needs, absl::StrCat("may change at run time what ", rule.what), leaf.owner,
               leaf.pointer, Quote(leaf.seed));
        return;
      }
    });
  }

  void RefuseObject(Allowance needs, const std::string& what) {
    Refuse(needs, what, MakerOfObject(), "", "");
  }

  void Refuse(Allowance needs, const std::string& what, const std::string& owner,
              const std::string& pointer, const std::string& found) {
    if (policy_.allowed.contains(needs) || !said_.emplace(needs, pointer).second) return;
    Add(what, owner, pointer, found, std::string(config::NameOf(needs)));
  }

  void Add(const std::string& what, const std::string& owner, const std::string& pointer,
           const std::string& found, const std::string& setting) {
    const ObjectRef& ref = object_.ref;
    breaches_.push_back(
        {owner, kPolicyRefused,
         absl::StrCat(ref.kind, "/", ref.name, pointer.empty() ? "" : " ", pointer, ": ", owner,
                      " ", what, ", which the namespace ", policy_.name_space, " does not allow"),
         pointer, found, setting});
  }

  // Who wrote what stands at `pointer`: the leaf itself, or the first of those below.
  std::string OwnerAt(const std::string& pointer) const {
    if (const std::string* owner = FindOwner(object_.leaves, pointer)) return *owner;
    if (const std::string* owner = FindOwner(object_.steered, pointer)) return *owner;
    return MakerOfObject();
  }

  // Of the leaf at `pointer` or below; null: there is none. `leaves` are by pointer.
  template <class Leaf>
  static const std::string* FindOwner(const std::vector<Leaf>& leaves, const std::string& pointer) {
    const auto at = std::ranges::lower_bound(leaves, pointer, {}, &Leaf::pointer);
    if (at != leaves.end() && at->pointer == pointer) return &at->owner;
    for (const char* below : {"/", "["}) {
      const std::string prefix = pointer + below;
      const auto first = std::ranges::lower_bound(leaves, prefix, {}, &Leaf::pointer);
      if (first != leaves.end() && first->pointer.starts_with(prefix)) return &first->owner;
    }
    return nullptr;
  }

  std::string MakerOfObject() const {
    const LeafOwner* first = nullptr;
    for (const LeafOwner& leaf : object_.leaves) {
      if (leaf.owner == maker_) return maker_;
      if (first == nullptr && leaf.owner != kCoreOwner) first = &leaf;
    }
    return first == nullptr ? maker_ : first->owner;
  }

  const PolicyOf& policy_;
  const std::string& maker_;
  const MergedObject& object_;
  std::string pointer_;
  int in_leaf_ = 0;  // How many lists without keys are around.
  std::set<std::pair<Allowance, std::string>> said_;
  std::vector<Breach> breaches_;
};

}  // namespace

std::vector<Breach> Judge(const PolicyOf& policy, const std::string& maker,
                          const MergedObject& object) {
  return Judgement(policy, maker, object).Take();
}

}  // namespace weft::merge
