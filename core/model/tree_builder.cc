#include "core/model/tree_builder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/model/text.h"

namespace weft::model {
namespace {

constexpr size_t kMaxKeyBytes = 512;
constexpr size_t kMaxAliasNodes = 10000;
constexpr size_t kMaxAliasBytes = 1 << 20;
constexpr size_t kMaxDepth = json::kMaxDepth;

void Grow(Node& parent, const Node& child, size_t key_bytes = 0) {
  parent.size += child.size;
  parent.bytes += child.bytes + key_bytes;
  parent.height = std::max(parent.height, child.height + 1);
}

}  // namespace

void TreeBuilder::StartDocument(Position place) {
  if (++documents_ > kMaxDocuments) End(place, "LIMIT", "more than 1,000 documents");
  refused_ = false;
  root_ = nullptr;
  anchors_.clear();
}

void TreeBuilder::EndDocument() {
  if (root_ == nullptr || root_->kind == Node::Kind::kNull) return;
  out_.documents.push_back(std::make_shared<const Tree>(std::move(root_)));
  out_.refused.push_back(refused_);
}

void TreeBuilder::Null(Position place, Anchor anchor) {
  RequireNoKey(place, "null");
  auto node = std::make_shared<Node>();
  node->place = place;
  node->height = 0;
  Add(std::move(node), anchor);
}

void TreeBuilder::Scalar(Position place, const std::string& text, bool plain, Anchor anchor) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::kScalar;
  node->place = place;
  node->text = text;
  node->bytes = text.size();
  node->plain = plain;
  node->height = 0;
  if (!ExpectsKey()) return Add(std::move(node), anchor);
  if (anchor != 0) anchors_[anchor] = node;
  SetKey(*node);
}

void TreeBuilder::Alias(Position place, Anchor anchor) {
  RequireNoKey(place, "an alias");
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) End(place, "SYNTAX", "an alias inside what it refers to");
  const NodePtr& node = found->second;
  alias_nodes_ += node->size;
  alias_bytes_ += node->bytes;
  if (alias_nodes_ > kMaxAliasNodes) {
    End(place, "LIMIT", "aliases stand for more than 10,000 values");
  }
  if (alias_bytes_ > kMaxAliasBytes) End(place, "LIMIT", "aliases stand for more than 1 MiB");
  CheckDepth(place, static_cast<size_t>(node->height));
  Attach(node);
}

void TreeBuilder::Open(Node::Kind kind, Position place, Anchor anchor) {
  RequireNoKey(place, kind == Node::Kind::kMap ? "a map" : "a list");
  CheckDepth(place, 1);
  Frame frame;
  frame.node = std::make_shared<Node>();
  frame.node->kind = kind;
  frame.node->place = place;
  frame.anchor = anchor;
  stack_.push_back(std::move(frame));
}

// The map's own keys win over merged ones, and earlier merged maps over later ones.
void TreeBuilder::CloseMap() {
  Frame& frame = stack_.back();
  for (const NodePtr& map : frame.merged) {
    for (const Member& member : map->members) {
      if (!frame.keys.insert(member.key).second) continue;
      Grow(*frame.node, *member.value, member.key.size());
      frame.node->members.push_back(member);
    }
  }
  Close();
}

void TreeBuilder::Close() {
  const std::shared_ptr<Node> node = std::move(stack_.back().node);
  const Anchor anchor = stack_.back().anchor;
  stack_.pop_back();
  Add(node, anchor);
}

void TreeBuilder::Refuse(Position place, std::string code, std::string message, std::string hint) {
  Diagnostic problem;
  problem.code = std::move(code);
  problem.message = std::move(message);
  problem.document = name_;
  problem.pointer = Pointer();
  problem.line = place.line;
  problem.column = place.column;
  problem.hint = std::move(hint);
  out_.diagnostics.push_back(std::move(problem));
  refused_ = true;
}

void TreeBuilder::End(Position place, std::string code, std::string message, std::string hint) {
  Refuse(place, std::move(code), std::move(message), std::move(hint));
  throw EndOfText();
}

const Position* TreeBuilder::PendingKey() const {
  return stack_.empty() || !stack_.back().has_key ? nullptr : &stack_.back().key.place;
}

std::string TreeBuilder::Pointer() const {
  std::string pointer;
  for (const Frame& frame : stack_) {
    if (frame.node->kind == Node::Kind::kList) {
      absl::StrAppend(&pointer, "/", frame.node->items.size());
    } else if (frame.has_key) {
      pointer += json::PointerToken(frame.key.key);
    }
  }
  return pointer;
}

bool TreeBuilder::ExpectsKey() const {
  return !stack_.empty() && stack_.back().node->kind == Node::Kind::kMap && !stack_.back().has_key;
}

void TreeBuilder::RequireNoKey(Position place, std::string_view found) {
  if (!ExpectsKey()) return;
  End(place, "SYNTAX",
      absl::StrCat("a key must be a string, not ", absl::string_view(found.data(), found.size())));
}

void TreeBuilder::CheckDepth(Position place, size_t more) {
  if (stack_.size() + more > kMaxDepth) End(place, "LIMIT", "nested deeper than 64 levels");
}

void TreeBuilder::Add(NodePtr node, Anchor anchor) {
  if (anchor != 0) anchors_[anchor] = node;
  Attach(std::move(node));
}

void TreeBuilder::SetKey(const Node& node) {
  // Every key that is accepted can be read back from canonical JSON: yaml-cpp takes at most 1,024
  // bytes before a colon.
  if (node.text.size() > kMaxKeyBytes) End(node.place, "LIMIT", "a key longer than 512 bytes");
  Frame& frame = stack_.back();
  frame.key = {node.text, node.place, nullptr};
  frame.merge = node.plain && node.text == "<<";
  frame.duplicate = !frame.keys.insert(node.text).second;
  frame.has_key = true;
  if (!frame.duplicate) return;
  Refuse(node.place, "DUPLICATE_KEY",
         absl::StrCat("the key ", Quoted(node.text), " stands twice in one map"),
         "leave one of them out");
}

// Puts a complete value where it belongs. A duplicate key's value is read but not kept.
void TreeBuilder::Attach(NodePtr node) {
  if (stack_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = stack_.back();
  const bool duplicate = std::exchange(frame.duplicate, false);
  if (frame.node->kind == Node::Kind::kList) {
    Grow(*frame.node, *node);
    frame.node->items.push_back(std::move(node));
  } else if (std::exchange(frame.merge, false)) {
    CollectMerge(frame, node);
  } else if (!duplicate) {
    Grow(*frame.node, *node, frame.key.key.size());
    frame.key.value = std::move(node);
    frame.node->members.push_back(std::move(frame.key));
  }
  frame.has_key = false;
}

void TreeBuilder::CollectMerge(Frame& frame, const NodePtr& node) {
  const auto is_map = [](const NodePtr& n) { return n->kind == Node::Kind::kMap; };
  if (is_map(node)) {
    frame.merged.push_back(node);
  } else if (node->kind == Node::Kind::kList &&
             std::all_of(node->items.begin(), node->items.end(), is_map)) {
    frame.merged.insert(frame.merged.end(), node->items.begin(), node->items.end());
  } else {
    Refuse(node->place, "MERGE_KEY", "the merge key \"<<\" takes a map or a list of maps",
           "quote the key if it is not meant as a merge key");
  }
}

}  // namespace weft::model
