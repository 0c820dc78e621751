#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/model/document.h"

// A YAML text as a tree that knows where everything stands: yaml-cpp's events, with nodes of our
// own. (yaml-cpp's nodes keep the first of duplicate keys, do not know merge keys, count columns in
// bytes, and have no marks for keys.)
namespace weft::model {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Member {
  std::string key;
  Position place;  // Of the key.
  NodePtr value;
};

// Immutable once built. Shared where an alias refers to it; it then keeps the place of its anchor.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  Position place;
  std::string text;             // Of a scalar, as YAML reads it.
  bool plain = false;           // A scalar that is not quoted, so that its text gives its type.
  std::vector<NodePtr> items;   // Of a list.
  std::vector<Member> members;  // Of a map, in order, merged ones last; keys are unique.
  size_t size = 1;              // Nodes below and including this one, aliases counted in full.
  size_t bytes = 0;             // Of the keys and scalars among them.
  int height = 1;               // Levels below and including this one.

  const Member* Find(std::string_view key) const;
};

// The places in one document.
class Tree : public SourceMap {
 public:
  explicit Tree(NodePtr root) : root_(std::move(root)) {}
  const Node& root() const { return *root_; }
  Position Value(std::string_view pointer) const override;
  Position Key(std::string_view pointer) const override;

 private:
  NodePtr root_;
};

// In one text, and in all texts that are decoded together.
inline constexpr size_t kMaxDocuments = 1000;

struct YamlText {
  std::vector<std::shared_ptr<const Tree>> documents;  // Without empty ones.
  // For each document, whether what stands in it was refused (a duplicate key ...).
  std::vector<bool> refused;
  Diagnostics diagnostics;
};

// Reads every document of `text` (UTF-8; JSON is a subset of YAML). Never fails: what is wrong is a
// diagnostic that names `name`; a syntax error ends the text, documents before it are kept. Limits
// as decode.h says. Thread-safe; never throws. Source: YAML 1.2; merge keys: yaml.org/type/merge.
YamlText ReadYaml(const std::string& name, std::string_view text);

// What a plain scalar means in YAML 1.2's core schema (section 10.3.2).
enum class PlainType { kString, kNull, kBoolean, kInteger, kFloat };
PlainType TypeOfPlain(std::string_view text);

// The boolean that `text` was in YAML 1.1, where also y, yes, on and their opposites were.
std::optional<bool> Yaml11Boolean(std::string_view text);

// What to say where a number was meant and `node` is one in quotes; else "".
std::string UnquoteHint(const Node& node);

// The value of a plain or quoted scalar or null. INVALID_ARGUMENT, as an ending of a sentence: a
// number that JSON or 64 bits cannot hold.
absl::StatusOr<json::value> ScalarValue(const Node& node);

}  // namespace weft::model
