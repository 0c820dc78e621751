#pragma once

#include <map>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/merge/grants.h"
#include "core/merge/merge.h"

// An object while it is being merged: what the stages before settled, and what the contributions of
// this stage propose. Texts and values belong to the input of Merge or to its caller; the places
// and their names to one memory resource, which every place hands to those below it.
namespace weft::merge {

// What stands at a place. Objects, and lists whose elements have keys, have places below;
// everything else, other lists among it, is a leaf.
enum class Form { kNone, kLeaf, kObject, kList };

// What one contribution wants at one place.
struct Proposal {
  const std::string* owner;
  Form form;
  const json::value* value;  // Of a leaf or of an empty object or list; null: something is below.
  Grants::Cursor grant;
  const Part* replacement = nullptr;  // The part that it is from, if that is a REPLACE.
};

// That one contribution steers the leaf at one place.
struct Mark {
  const std::string* owner;
  Steering by;
};

struct Node {
  using allocator_type = std::pmr::polymorphic_allocator<>;
  using Children = std::pmr::map<std::pmr::string, Node, std::less<>>;
  using Places = std::pmr::vector<Children::iterator>;

  explicit Node(allocator_type allocator)
      : children(allocator),
        elements(allocator),
        proposals(allocator),
        marks(allocator),
        touched(allocator) {}

  // Nothing is settled or proposed here or below any more.
  void Reset();
  // The child of that name or ElementToken, made if there is none.
  Node& Field(std::string_view name);
  Node& Element(std::string_view token);
  // A proposal for something below is kept once an owner, if each owner comes in one run.
  void Propose(const Proposal& proposal);
  // Whether something is proposed here, or below.
  bool IsProposed() const { return !proposals.empty() || !marks.empty(); }

  // As the stages before settled it. kNone: it was not there.
  Form form = Form::kNone;
  const json::value* value = nullptr;  // Of a leaf.
  const std::string* owner = nullptr;  // Of a leaf, or of an object or list that is empty.
  Children children;                   // Those that are only proposed among them.
  Places elements;                     // Of a list, in its order.
  std::optional<Mark> steered;         // Of a leaf, or where there is nothing.

  // Of this stage.
  std::pmr::vector<Proposal> proposals;
  std::pmr::vector<Mark> marks;
  Places touched;  // Where something is proposed below; some twice.

 private:
  Children::iterator Touch(std::string_view key);
};

// Whether two values are one: their canonical texts are.
bool Equal(const json::value& a, const json::value& b);

// Appends the token by which `pointer` goes on from a place of `form` to its child `key`.
void AppendToken(Form form, std::string_view key, std::string& pointer);

// The object `ref` that is settled in `root`.
MergedObject ToObject(const ObjectRef& ref, const Node& root);

}  // namespace weft::merge
