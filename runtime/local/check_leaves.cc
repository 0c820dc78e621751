// Whether an object keeps to the table of kinds (kinds.h).
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/local/kinds.h"

namespace weft::local {
namespace {

using enum LeafType;

// The table as a tree of tokens. Null `leaf`: an inner node.
struct Node {
  const Leaf* leaf = nullptr;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
};

std::unique_ptr<Node> TreeOf(const Kind& kind) {
  auto root = std::make_unique<Node>();
  for (const Leaf& leaf : kind.leaves) {
    Node* node = root.get();
    for (const auto& token : absl::StrSplit(leaf.pointer.substr(1), '/')) {
      auto& child = node->children[std::string(token)];
      if (child == nullptr) child = std::make_unique<Node>();
      node = child.get();
    }
    node->leaf = &leaf;
  }
  return root;
}

const Node& TreeFor(const Kind& kind) {
  static const auto* const trees = [] {
    auto* map = new std::map<const Kind*, std::unique_ptr<Node>>;
    for (const Kind& k : Kinds()) (*map)[&k] = TreeOf(k);
    return map;
  }();
  return *trees->at(&kind);
}

const char* TypeName(LeafType type) {
  switch (type) {
    case kString:
      return "a string";
    case kInteger:
      return "an integer";
    case kBoolean:
      return "true or false";
    case kPort:
      return "a port's number or name";
    case kQuantity:
      return "a quantity, such as 100m or 64Mi";
    case kCount:
      return "a number or a percentage, such as 2 or 25%";
  }
  return "";
}

bool HasType(const json::value& v, LeafType type) {
  switch (type) {
    case kString:
      return v.is_string();
    case kInteger:
      return v.is_int64();
    case kBoolean:
      return v.is_bool();
    case kPort:
    case kCount:
      return v.is_int64() || v.is_string();
    case kQuantity:
      return v.is_number() || v.is_string();
  }
  return false;
}

void WrongType(const json::value& v, const std::string& pointer, const std::string& expected,
               std::vector<Problem>& problems) {
  problems.push_back({"WRONG_TYPE", pointer, absl::StrCat(pointer, " must be ", expected),
                      json::Canonical(v).substr(0, 80), expected, ""});
}

void Unsupported(const std::string& pointer, std::vector<Problem>& problems) {
  problems.push_back({"UNSUPPORTED_FIELD", pointer,
                      absl::StrCat("the local runtime does not support ", pointer), "", "", ""});
}

void Check(const Node& node, const json::value& v, const std::string& pointer,
           std::vector<Problem>& problems) {
  if (node.leaf != nullptr) {
    if (!HasType(v, node.leaf->type)) WrongType(v, pointer, TypeName(node.leaf->type), problems);
    return;
  }
  if (const auto element = node.children.find("[]"); element != node.children.end()) {
    if (!v.is_array()) return WrongType(v, pointer, "a list", problems);
    size_t index = 0;
    for (const json::value& child : v.get_array())
      Check(*element->second, child, absl::StrCat(pointer, "/", index++), problems);
    return;
  }
  if (!v.is_object()) return WrongType(v, pointer, "an object", problems);
  const auto any = node.children.find("*");
  for (const auto& [key, child] : v.get_object()) {
    const std::string_view token(key.data(), key.size());
    const std::string below = pointer + json::PointerToken(token);
    const auto found = any != node.children.end() ? any : node.children.find(token);
    if (found == node.children.end()) {
      Unsupported(below, problems);
    } else {
      Check(*found->second, child, below, problems);
    }
  }
}

}  // namespace

void CheckLeaves(const Kind& kind, const json::value& object, std::vector<Problem>& problems) {
  const size_t before = problems.size();
  Check(TreeFor(kind), object, "", problems);
  // What a Secret holds is not told, also when it is wrong.
  if (kind.kind != std::string_view("Secret")) return;
  for (size_t i = before; i < problems.size(); ++i) problems[i].found.clear();
}

}  // namespace weft::local
