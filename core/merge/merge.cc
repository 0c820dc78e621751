#include "core/merge/merge.h"

#include <deque>
#include <memory_resource>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/merge/cluster_scoped.h"
#include "core/merge/grants.h"
#include "core/merge/object_schema.h"
#include "core/merge/part_writer.h"
#include "core/merge/problems.h"
#include "core/merge/removal.h"
#include "core/merge/settle.h"
#include "core/merge/tree.h"

namespace weft::merge {
namespace {

class Merger {
 public:
  explicit Merger(const Workload& workload) : workload_(workload) {}

  // False after a problem.
  bool Run(const std::vector<Contribution>& stage) {
    touched_.clear();
    for (const Contribution& contribution : stage) Propose(contribution);
    for (Objects::iterator object : touched_) {
      Draft& draft = object->second;
      Remove(object->first, std::exchange(draft.removals, {}), draft.root, problems_);
      Settle(object->first, FindSchema(object->first.api_version, object->first.kind), draft.root,
             problems_);
    }
    return problems_.empty();
  }

  Merged Take() {
    Merged merged;
    merged.problems = problems_.Take();
    if (!merged.problems.empty()) return merged;
    for (const auto& [ref, draft] : objects_) {
      if (draft.root.form == Form::kNone) continue;  // Only that something goes from it was said.
      merged.objects.push_back(ToObject(ref, draft.root));
      merged.objects.back().replace = draft.replace;
    }
    return merged;
  }

 private:
  struct Draft {
    explicit Draft(std::pmr::memory_resource* memory) : root(memory) {}

    Node root;
    std::vector<Removal> removals;  // Of this stage.
    bool replace = false;
  };
  using Objects = std::map<ObjectRef, Draft>;

  void Propose(const Contribution& contribution) {
    absl::StatusOr<Grants> grants = Grants::Resolve(workload_, contribution.writes);
    if (!grants.ok()) {
      problems_.Add(kBadPointer, contribution.owner, {}, "",
                    std::string(grants.status().message()));
      return;
    }
    grants_.push_back(*std::move(grants));
    for (const Part& part : contribution.parts) Propose(contribution, grants_.back(), part);
  }

  void Propose(const Contribution& contribution, const Grants& grants, const Part& part) {
    ObjectRef ref = part.object;
    if (IsClusterScoped(ref.api_version, ref.kind)) {
      ref.name_space.clear();
    } else if (ref.name_space.empty()) {
      ref.name_space = workload_.name_space;
    }
    const bool removes = part.operation == Operation::kRemove;
    if (!IsComplete(contribution, ref)) return;
    if (!removes && !MayWriteTo(contribution, grants, ref)) return;
    if (part.replace_if_immutable && !MayReplace(contribution, grants, ref)) return;
    const Objects::iterator object = objects_.try_emplace(std::move(ref), &memory_).first;
    Draft& draft = object->second;
    if (draft.root.proposals.empty() && draft.removals.empty()) touched_.push_back(object);
    draft.replace |= part.replace_if_immutable && !removes;
    PartWriter(object->first, contribution.owner, grants, draft.root, draft.removals, made_,
               problems_)
        .Write(part);
  }

  bool IsComplete(const Contribution& contribution, const ObjectRef& ref) {
    if (!ref.api_version.empty() && !ref.kind.empty() && !ref.name.empty()) return true;
    problems_.Add(kBadPart, contribution.owner, ref, "",
                  "a part needs an apiVersion, a kind and a name");
    return false;
  }

  bool MayWriteTo(const Contribution& contribution, const Grants& grants, const ObjectRef& ref) {
    if (Stands(ref) || grants.MayCreate(ref)) return true;
    const std::string& owner = contribution.owner;
    problems_.Add(
        kNotPermitted, owner, ref, "",
        absl::StrCat("nothing before ", owner, " made it, and ", owner, " may not create it"));
    return false;
  }

  // Whether the contribution may say that the object is made anew where it cannot be changed.
  bool MayReplace(const Contribution& contribution, const Grants& grants, const ObjectRef& ref) {
    const std::string& owner = contribution.owner;
    if (ref.api_version == "v1" && ref.kind == "PersistentVolumeClaim") {
      problems_.Add(kBadPart, owner, ref, "",
                    "a PersistentVolumeClaim is never made anew: what it holds would be gone");
    } else if (Stands(ref) || !grants.MayCreate(ref)) {
      problems_.Add(kNotPermitted, owner, ref, "",
                    absl::StrCat("that it is made anew where it cannot be changed is said by who "
                                 "creates it, not by ",
                                 owner));
    } else {
      return true;
    }
    return false;
  }

  // Whether an earlier stage made it.
  bool Stands(const ObjectRef& ref) const {
    const auto found = objects_.find(ref);
    return found != objects_.end() && found->second.root.form != Form::kNone;
  }

  const Workload& workload_;
  std::pmr::monotonic_buffer_resource memory_;  // Of the trees of objects_.
  Objects objects_;
  std::vector<Objects::iterator> touched_;  // By this stage.
  std::deque<Grants> grants_;               // Proposals point into these,
  std::deque<json::value> made_;            // and leaves into these.
  Problems problems_;
};

}  // namespace

Merged Merge(const Workload& workload, const std::vector<std::vector<Contribution>>& stages) {
  Merger merger(workload);
  for (const std::vector<Contribution>& stage : stages) {
    if (!merger.Run(stage)) break;
  }
  return merger.Take();
}

}  // namespace weft::merge
