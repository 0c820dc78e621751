#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "core/model/yaml_tree.h"

namespace weft::model {

// Thrown through yaml-cpp, whose handlers cannot fail, to end a text after a diagnostic.
struct EndOfText {};

// Which earlier value an alias means; 0: none.
using Anchor = size_t;

// Builds one tree a document from the events of a YAML text: knows duplicate keys, merge keys,
// aliases and limits. Methods other than Refuse may throw EndOfText. For one thread.
class TreeBuilder {
 public:
  // Documents and diagnostics go to `out`; both must outlive the builder.
  TreeBuilder(const std::string& name, YamlText& out) : name_(name), out_(out) {}

  void StartDocument(Position place);
  void EndDocument();
  void Null(Position place, Anchor anchor);
  // `plain`: not quoted, so that the text gives the type.
  void Scalar(Position place, const std::string& text, bool plain, Anchor anchor);
  void Alias(Position place, Anchor anchor);
  void Open(Node::Kind kind, Position place, Anchor anchor);
  void CloseList() { Close(); }
  void CloseMap();

  // Adds an error; the document is read on but not used.
  void Refuse(Position place, std::string code, std::string message, std::string hint = "");
  // Adds an error and ends the text.
  [[noreturn]] void End(Position place, std::string code, std::string message,
                        std::string hint = "");

  // The place of the key whose value comes next, or null.
  const Position* PendingKey() const;

 private:
  // A list or map that is not complete yet.
  struct Frame {
    std::shared_ptr<Node> node;
    Anchor anchor = 0;
    bool has_key = false;  // `key` waits for its value.
    bool duplicate = false;
    bool merge = false;
    Member key;
    absl::flat_hash_set<std::string> keys;
    std::vector<NodePtr> merged;
  };

  std::string Pointer() const;
  bool ExpectsKey() const;
  void RequireNoKey(Position place, std::string_view found);
  void CheckDepth(Position place, size_t more);
  void Add(NodePtr node, Anchor anchor);
  void SetKey(const Node& node);
  void Attach(NodePtr node);
  void CollectMerge(Frame& frame, const NodePtr& node);
  void Close();

  const std::string& name_;
  YamlText& out_;
  std::vector<Frame> stack_;
  NodePtr root_;
  bool refused_ = false;
  size_t documents_ = 0;
  size_t alias_nodes_ = 0;
  size_t alias_bytes_ = 0;
  absl::flat_hash_map<Anchor, NodePtr> anchors_;
};

}  // namespace weft::model
