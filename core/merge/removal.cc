#include "core/merge/removal.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace weft::merge {
namespace {

using Removals = std::span<const Removal>;

std::string Does(const Removal& removal) {
  if (removal.replacement == nullptr) return "removes this";
  return absl::StrCat("replaces this by ", Quote(removal.replacement->value));
}

// Whether nothing stands at `node` and nothing will, or only what stood around something.
bool IsGone(const Node& node) {
  if (node.IsProposed() || node.steered.has_value() || node.form == Form::kLeaf) return false;
  return node.form == Form::kNone || (node.children.empty() && node.owner == nullptr);
}

// Forgets what is settled at and below `node`; what is proposed stays.
void Clear(Node& node) {
  const auto goes = [](const auto& child) { return !child.second.IsProposed(); };
  std::erase_if(node.touched, [&](const auto& child) { return goes(*child); });
  const bool is_list = !node.proposals.empty() && node.proposals.front().form == Form::kList;
  node.elements.clear();
  if (is_list) node.elements = node.touched;
  std::erase_if(node.children, goes);
  node.form = Form::kNone;
  node.value = nullptr;
  node.owner = nullptr;
  for (auto& [key, child] : node.children) Clear(child);
}

// Those who remove or replace one place, and what they find there.
class Place {
 public:
  // `removals` are sorted by owner, and all of one place.
  Place(const ObjectRef& object, Removals removals, Problems& problems)
      : object_(object), removals_(removals), first_(removals.front()), problems_(problems) {
    for (const Removal& removal : removals) {
      owners_.insert(*removal.owner);
      if (removal.replacement != nullptr) replacements_.insert(removal.replacement);
    }
  }

  // Whether all want the same, and nobody anything else at or below the place. `inner` are the
  // removals below it.
  bool Agrees(Removals inner, const Node& node) {
    for (const Removal& removal : removals_) AgreeOn(removal);
    for (const Removal& removal : inner) JudgeInner(removal);
    pointer_ = first_.pointer;
    Judge(node);
    return agree_;
  }

 private:
  void AgreeOn(const Removal& removal) {
    const Part* a = removal.replacement;
    const Part* b = first_.replacement;
    if (a == b || met_.contains(*removal.owner)) return;
    if (a != nullptr && b != nullptr && Equal(a->value, b->value)) return;
    met_.insert(*removal.owner);
    if (*removal.owner == *first_.owner) {
      Add(kBadPart, *removal.owner,
          absl::StrCat(*removal.owner, " ", std::min(Does(first_), Does(removal)), " and ",
                       std::max(Does(first_), Does(removal))));
    } else {
      Add(kConflict, *removal.owner,
          absl::StrCat(*removal.owner, " ", Does(removal), " and ", *first_.owner, " ",
                       Does(first_), " at the same time"));
    }
  }

  // Nothing is removed within what is replaced. What is replaced there is found by what is
  // proposed.
  void JudgeInner(const Removal& inner) {
    if (first_.replacement != nullptr && inner.replacement == nullptr)
      Meet(*inner.owner, "removes", inner.pointer);
  }

  // Looks at all that stands or is proposed at `node`, which is at pointer_, and below.
  void Judge(const Node& node) {
    bool given = false;  // By the replacement.
    for (const Proposal& proposal : node.proposals) {
      if (proposal.value == nullptr) continue;  // There is something below it that says more.
      given |= replacements_.contains(proposal.replacement);
      if (!replacements_.contains(proposal.replacement)) Meet(*proposal.owner, "writes", pointer_);
    }
    for (const Mark& mark : node.marks) {
      if (!given || !owners_.contains(*mark.owner)) Meet(*mark.owner, "steers", pointer_);
    }
    if (node.steered.has_value() && met_.insert(*node.steered->owner).second) {
      Add(kConflict, *first_.owner,
          absl::StrCat(*first_.owner, " ", Does(first_), " where ", *node.steered->owner,
                       " steers ", QuotePointer(pointer_)));
    }
    const bool listed = node.form == Form::kList ||
                        (!node.proposals.empty() && node.proposals.front().form == Form::kList);
    for (const auto& [key, child] : node.children) {
      const size_t length = pointer_.size();
      AppendToken(listed ? Form::kList : Form::kObject, key, pointer_);
      Judge(child);
      pointer_.resize(length);
    }
  }

  // `owner` wants something else; said once of each.
  void Meet(const std::string& owner, const char* does, const std::string& pointer) {
    if (!met_.insert(owner).second) return;
    if (owners_.contains(owner)) {
      Add(kBadPart, owner,
          absl::StrCat(owner, " ", Does(first_), " and ", does, " ", QuotePointer(pointer)));
    } else {
      Add(kConflict, std::max(owner, *first_.owner),
          absl::StrCat(*first_.owner, " ", Does(first_), " and ", owner, " ", does, " ",
                       QuotePointer(pointer), " at the same time"));
    }
  }

  void Add(const char* code, const std::string& owner, const std::string& what) {
    agree_ = false;
    problems_.Add(code, owner, object_, first_.pointer, what);
  }

  const ObjectRef& object_;
  const Removals removals_;
  const Removal& first_;
  Problems& problems_;
  absl::flat_hash_set<std::string_view> owners_;
  absl::flat_hash_set<const Part*> replacements_;
  absl::flat_hash_set<std::string_view> met_;
  std::string pointer_;
  bool agree_ = true;
};

class Remover {
 public:
  Remover(const ObjectRef& object, Problems& problems) : object_(object), problems_(problems) {}

  // `removals` are sorted, and all below `node`, which is `depth` below the root.
  void RemoveBelow(Node& node, Removals removals, size_t depth) {
    std::vector<Node::Children::iterator> gone;
    while (!removals.empty()) {
      const std::string& key = removals.front().path[depth];
      const auto end =
          std::ranges::find_if(removals, [&](const Removal& r) { return r.path[depth] != key; });
      const Removals through(removals.begin(), end);
      removals = {end, removals.end()};
      const auto child = node.children.find(std::string_view(key));
      if (child == node.children.end()) continue;
      if (through.front().path.size() == depth + 1) {
        RemoveAt(child->second, through, depth + 1);
      } else {
        RemoveBelow(child->second, through, depth + 1);
      }
      if (IsGone(child->second)) gone.push_back(child);
    }
    if (gone.empty()) return;
    const auto is_gone = [](const auto& child) { return IsGone(child->second); };
    std::erase_if(node.elements, is_gone);
    std::erase_if(node.touched, is_gone);
    for (const auto& child : gone) node.children.erase(child);
  }

 private:
  // `removals` are at `node` or below.
  void RemoveAt(Node& node, Removals removals, size_t depth) {
    const auto inner = std::ranges::find_if(
        removals, [&](const Removal& removal) { return removal.path.size() > depth; });
    Place place(object_, {removals.begin(), inner}, problems_);
    if (place.Agrees({inner, removals.end()}, node)) {
      Clear(node);
    } else {
      node.Reset();  // What follows from the problem is not said again.
    }
  }

  const ObjectRef& object_;
  Problems& problems_;
};

}  // namespace

void Remove(const ObjectRef& object, std::vector<Removal> removals, Node& root,
            Problems& problems) {
  std::ranges::stable_sort(removals, [](const Removal& a, const Removal& b) {
    return std::tie(a.path, *a.owner) < std::tie(b.path, *b.owner);
  });
  Remover(object, problems).RemoveBelow(root, removals, 0);
}

}  // namespace weft::merge
