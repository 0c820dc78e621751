#include "core/merge/tree.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/merge/pointer.h"

namespace weft::merge {
namespace {

// Reads a settled tree: values as JSON, and the owner of every leaf.
class Emitter {
 public:
  json::value Emit(const Node& node) {
    if (node.form == Form::kLeaf || node.children.empty()) Own(node.owner);
    switch (node.form) {
      case Form::kObject:
        return EmitObject(node);
      case Form::kList:
        return EmitList(node);
      default:
        return *node.value;
    }
  }

  std::vector<LeafOwner> TakeLeaves() {
    std::ranges::sort(leaves_, {}, &LeafOwner::pointer);
    return std::move(leaves_);
  }

  std::vector<SteeredLeaf> TakeSteered() {
    std::ranges::sort(steered_, {}, &SteeredLeaf::pointer);
    return std::move(steered_);
  }

 private:
  // `owner` is null for an object of which only the identity is written.
  void Own(const std::string* owner) {
    if (owner != nullptr) leaves_.push_back({pointer_, *owner});
  }

  json::value EmitChild(Form form, const Node::Children::value_type& child) {
    const size_t length = pointer_.size();
    AppendToken(form, child.first, pointer_);
    json::value value = Emit(child.second);
    pointer_.resize(length);
    return value;
  }

  void EmitSteered(const Node::Children::value_type& child) {
    const Node& node = child.second;
    const bool has_value = node.form == Form::kLeaf;
    steered_.push_back({pointer_ + FieldToken(child.first), *node.steered->owner, node.steered->by,
                        has_value ? *node.value : json::value(1), has_value ? *node.owner : ""});
  }

  json::object EmitObject(const Node& node) {
    json::object object;
    object.reserve(node.children.size());
    for (const auto& child : node.children) {
      if (child.second.steered.has_value()) {
        EmitSteered(child);
      } else {
        object.emplace(std::string_view(child.first), EmitChild(Form::kObject, child));
      }
    }
    return object;
  }

  json::array EmitList(const Node& node) {
    json::array array;
    array.reserve(node.elements.size());
    for (const auto& child : node.elements) array.push_back(EmitChild(Form::kList, *child));
    return array;
  }

  std::string pointer_;
  std::vector<LeafOwner> leaves_;
  std::vector<SteeredLeaf> steered_;
};

}  // namespace

void Node::Reset() {
  form = Form::kNone;
  value = nullptr;
  owner = nullptr;
  children.clear();
  elements.clear();
  steered.reset();
  proposals.clear();
  marks.clear();
  touched.clear();
}

Node& Node::Field(std::string_view name) { return Touch(name)->second; }

Node& Node::Element(std::string_view token) {
  const size_t before = children.size();
  const Children::iterator child = Touch(token);
  if (children.size() > before) elements.push_back(child);
  return child->second;
}

Node::Children::iterator Node::Touch(std::string_view key) {
  Children::iterator child = children.lower_bound(key);
  if (child == children.end() || child->first != key) {
    child = children.emplace_hint(child, std::piecewise_construct, std::forward_as_tuple(key),
                                  std::forward_as_tuple());
  }
  if (child->second.proposals.empty()) touched.push_back(child);
  return child;
}

void Node::Propose(const Proposal& proposal) {
  const bool known = !proposals.empty() && proposal.value == nullptr &&
                     proposals.back().value == nullptr &&
                     proposals.back().owner == proposal.owner &&
                     proposals.back().replacement == proposal.replacement;
  if (!known) proposals.push_back(proposal);
}

bool Equal(const json::value& a, const json::value& b) {
  return a == b || json::Canonical(a) == json::Canonical(b);
}

void AppendToken(Form form, std::string_view key, std::string& pointer) {
  if (form == Form::kList) {
    pointer += key;
  } else {
    AppendFieldToken(key, pointer);
  }
}

MergedObject ToObject(const ObjectRef& ref, const Node& root) {
  Emitter emitter;
  MergedObject object{ref, emitter.Emit(root), emitter.TakeLeaves(), emitter.TakeSteered()};
  json::object& value = object.value.get_object();
  value["apiVersion"] = ref.api_version;
  value["kind"] = ref.kind;
  json::value& metadata = value["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  if (!ref.name_space.empty()) metadata.get_object()["namespace"] = ref.name_space;
  metadata.get_object()["name"] = ref.name;
  return object;
}

}  // namespace weft::merge
