#include "core/merge/settle.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/merge/pointer.h"

namespace weft::merge {
namespace {

bool Agree(const Proposal& a, const Proposal& b) {
  return a.form == b.form && (a.form != Form::kLeaf || Equal(*a.value, *b.value));
}

std::string Describe(Form form, const json::value* value) {
  if (form == Form::kLeaf) return Quote(*value);
  return form == Form::kList ? "a list" : "an object";
}

// Someone who owns something at or below `node`: whoever owns the first leaf by its pointer.
const std::string* OwnerWithin(const Node& node) {
  for (const auto& [key, child] : node.children) {
    if (child.form == Form::kNone) continue;
    if (const std::string* owner = OwnerWithin(child); owner != nullptr) return owner;
  }
  return node.owner;
}

// Who steers something at or below `node`: the first by its pointer, or null.
const std::string* SteererWithin(const Node& node) {
  if (node.steered.has_value()) return node.steered->owner;
  for (const auto& [key, child] : node.children) {
    if (const std::string* owner = SteererWithin(child); owner != nullptr) return owner;
  }
  return nullptr;
}

// The first by key of those who propose something at `node`, where somebody does.
const std::string& FirstProposer(const Node& node) {
  const std::string* first = nullptr;
  const auto take = [&](const auto& proposed) {
    for (const auto& p : proposed) {
      if (first == nullptr || *p.owner < *first) first = p.owner;
    }
  };
  take(node.proposals);
  take(node.marks);
  return *first;
}

const char* Does(const Node& arm) { return arm.proposals.empty() ? " steers " : " writes "; }

class Settler {
 public:
  Settler(const ObjectRef& object, Problems& problems) : object_(object), problems_(problems) {}

  // `schema` is that of the object, or of the elements of the list.
  void Settle(Node& node, const Schema* schema, bool is_list);

 private:
  bool AllAgree(std::span<const Proposal> proposals);
  bool MayStand(const Node& node);
  void SettleMarks(Node& node);
  void Steer(Node& node, const Mark& mark);
  bool SwitchArm(Node& node, const Schema& schema);
  bool OneArm(const std::vector<Node::Children::iterator>& arms);
  bool Replace(Node& node, Node::Children::const_iterator old, Node::Children::const_iterator arm);
  void SettleChildren(Node& node, const Schema* schema, bool is_list);

  // `later` is at fault.
  void Conflict(const std::string& later, const std::string& what) {
    problems_.Add(kConflict, later, object_, pointer_, what);
  }

  const ObjectRef& object_;
  Problems& problems_;
  std::string pointer_;
};

void Settler::Settle(Node& node, const Schema* schema, bool is_list) {
  SettleMarks(node);
  if (node.proposals.empty()) return;  // Touched twice, and settled.
  // Sorting takes memory even for one.
  if (node.proposals.size() > 1)
    std::ranges::stable_sort(node.proposals,
                             [](const auto& a, const auto& b) { return *a.owner < *b.owner; });
  if (!AllAgree(node.proposals) || !MayStand(node)) return;
  const Proposal& first = node.proposals.front();
  if (first.form == Form::kLeaf) {
    if (node.form == Form::kNone || !Equal(*node.value, *first.value)) {
      node.value = first.value;
      node.owner = first.owner;
    }
  } else if (node.owner == nullptr) {
    const auto empty = std::ranges::find_if(node.proposals, [](const auto& p) { return p.value; });
    node.owner = empty == node.proposals.end() ? nullptr : empty->owner;
  }
  if (first.form == Form::kObject && schema != nullptr && !SwitchArm(node, *schema)) return;
  node.form = first.form;
  node.proposals.clear();
  SettleChildren(node, schema, is_list);
}

// Whether the proposals of a stage say the same. The later of two is whose key is greater.
bool Settler::AllAgree(std::span<const Proposal> proposals) {
  const Proposal& first = proposals.front();
  bool agree = true;
  for (const Proposal& p : proposals) {
    if (Agree(first, p)) continue;
    agree = false;
    const std::string mine = Describe(p.form, p.value);
    const std::string other = Describe(first.form, first.value);
    if (*p.owner == *first.owner) {
      problems_.Add(kBadPart, *p.owner, object_, pointer_,
                    absl::StrCat(*p.owner, " writes both ", std::min(mine, other), " and ",
                                 std::max(mine, other)));
    } else {
      Conflict(*p.owner, absl::StrCat(*p.owner, " writes ", mine, " and ", *first.owner, " writes ",
                                      other, " at the same time"));
    }
  }
  return agree;
}

// Whether what is proposed may stand where the stages before left something.
bool Settler::MayStand(const Node& node) {
  const Proposal& first = node.proposals.front();
  if (node.steered.has_value() && first.form != Form::kLeaf) {
    Conflict(*first.owner, absl::StrCat(*first.owner, " writes ", Describe(first.form, nullptr),
                                        " where ", *node.steered->owner, " steers a leaf"));
    return false;
  }
  if (node.form == Form::kNone) return true;
  const bool same_form = node.form == first.form;
  if (same_form && (node.form != Form::kLeaf || Equal(*node.value, *first.value))) return true;
  bool may = true;
  for (const Proposal& p : node.proposals) {
    if (same_form && (p.grant.may_change() || *p.owner == *node.owner)) continue;
    may = false;
    const std::string* owner = OwnerWithin(node);
    Conflict(*p.owner, absl::StrCat(*p.owner, " writes ", Describe(p.form, p.value), " where ",
                                    owner == nullptr ? "the core" : *owner, " wrote ",
                                    Describe(node.form, node.value),
                                    same_form ? ", and may not override it" : ""));
  }
  return may;
}

// Of several who steer a leaf the first by key is the one that the others are in conflict with.
void Settler::SettleMarks(Node& node) {
  if (node.marks.empty()) return;
  auto marks = std::exchange(node.marks, {});
  std::ranges::sort(marks, [](const Mark& a, const Mark& b) {
    return std::tie(*a.owner, a.by) < std::tie(*b.owner, b.by);
  });
  for (const Mark& mark : marks) Steer(node, mark);
}

void Settler::Steer(Node& node, const Mark& mark) {
  const auto is_leaf = [](Form form) { return form == Form::kNone || form == Form::kLeaf; };
  const bool leaf =
      is_leaf(node.form) && std::ranges::all_of(node.proposals, is_leaf, &Proposal::form);
  if (!leaf) {
    problems_.Add(kBadPart, *mark.owner, object_, pointer_, "is no leaf, so it cannot be steered");
  } else if (!node.steered.has_value()) {
    node.steered = mark;
  } else if (*node.steered->owner != *mark.owner) {
    Conflict(*mark.owner,
             absl::StrCat(*mark.owner, " and ", *node.steered->owner, " both steer this"));
  } else if (node.steered->by != mark.by) {
    problems_.Add(kBadPart, *mark.owner, object_, pointer_,
                  absl::StrCat(*mark.owner, " steers this in two ways"));
  }
}

// Of a union only the arm that this stage writes or steers stays. False after a problem.
bool Settler::SwitchArm(Node& node, const Schema& schema) {
  if (schema.arms.empty()) return true;
  std::vector<Node::Children::iterator> arms;
  for (const auto& child : node.touched) {
    if (schema.IsArm(child->first) && child->second.IsProposed()) arms.push_back(child);
  }
  if (arms.empty()) return true;
  if (!OneArm(arms)) return false;
  bool may = true;
  for (auto child = node.children.begin(); child != node.children.end();) {
    const auto old = child++;
    if (old == arms.front() || !schema.IsArm(old->first)) continue;
    may = Replace(node, old, arms.front()) && may;
  }
  return may;
}

// Whether the stage writes one arm. Of more than two the first and the last by name are reported.
bool Settler::OneArm(const std::vector<Node::Children::iterator>& arms) {
  const auto by_name = [](const auto& a, const auto& b) { return a->first < b->first; };
  const auto [least, greatest] = std::ranges::minmax(arms, by_name);
  if (least == greatest) return true;
  const std::string& a = FirstProposer(least->second);
  const std::string& b = FirstProposer(greatest->second);
  const std::string what =
      absl::StrCat(a, Does(least->second), least->first, " and ", b, Does(greatest->second),
                   greatest->first, ": only one of them may stand");
  problems_.Add(a == b ? kBadPart : kConflict, std::max(a, b), object_, pointer_, what);
  return false;
}

// Removes the arm `old` in favour of `arm`, if all who write that may.
bool Settler::Replace(Node& node, Node::Children::const_iterator old,
                      Node::Children::const_iterator arm) {
  bool may = true;
  const std::string* steerer = SteererWithin(old->second);
  for (const Proposal& p : node.proposals) {
    const auto same_owner = [&](const auto& q) { return *q.owner == *p.owner; };
    const bool wants_arm = std::ranges::any_of(arm->second.proposals, same_owner) ||
                           std::ranges::any_of(arm->second.marks, same_owner);
    if (!wants_arm) continue;
    const std::string what = absl::StrCat(*p.owner, Does(arm->second), arm->first, " where ");
    if (steerer != nullptr) {
      may = false;
      Conflict(*p.owner, absl::StrCat(what, *steerer, " steers ", old->first, " or a leaf of it"));
    } else if (!p.grant.Field(old->first).may_change()) {
      may = false;
      const std::string* owner = OwnerWithin(old->second);
      Conflict(*p.owner, absl::StrCat(what, owner == nullptr ? "the core" : *owner, " wrote ",
                                      old->first, ", and may not override it"));
    }
  }
  if (!may) return false;
  std::erase_if(node.touched, [&](const auto& child) { return child == old; });
  node.children.erase(old);
  return true;
}

void Settler::SettleChildren(Node& node, const Schema* schema, bool is_list) {
  for (const auto& child : std::exchange(node.touched, {})) {
    const size_t length = pointer_.size();
    AppendToken(node.form, child->first, pointer_);
    if (is_list || schema == nullptr) {
      Settle(child->second, schema, false);
    } else if (const SchemaField* field = schema->Find(child->first)) {
      Settle(child->second, field->schema, !field->keys.empty());
    } else {
      Settle(child->second, nullptr, false);
    }
    pointer_.resize(length);
  }
}

}  // namespace

void Settle(const ObjectRef& object, const Schema* schema, Node& root, Problems& problems) {
  Settler(object, problems).Settle(root, schema, false);
}

}  // namespace weft::merge
