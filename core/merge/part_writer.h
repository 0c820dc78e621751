#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/merge/grants.h"
#include "core/merge/merge.h"
#include "core/merge/object_schema.h"
#include "core/merge/pointer.h"
#include "core/merge/problems.h"
#include "core/merge/removal.h"
#include "core/merge/tree.h"

namespace weft::merge {

// Reads the parts that one contribution has for one object and proposes their leaves, marks of
// leaves and removals, after checking each against what the contribution may write. Looks only at
// what is settled, never at other proposals. Time and memory grow with the size of the parts alone.
class PartWriter {
 public:
  // `made` receives values that stand in no part; everything given outlives the proposals.
  PartWriter(const ObjectRef& object, const std::string& owner, const Grants& grants, Node& root,
             std::vector<Removal>& removals, std::deque<json::value>& made, Problems& problems)
      : object_(object),
        owner_(owner),
        grants_(grants),
        root_(root),
        removals_(removals),
        made_(made),
        problems_(problems) {}

  void Write(const Part& part);

 private:
  enum class Where { kRoot, kMetadata, kIdentity, kBody };

  // A place in the object, with all that is known of it.
  struct Place {
    Where where = Where::kBody;
    // Null where the identity stands, which is nobody's leaf, and where nothing is to be written.
    Node* node = nullptr;
    Grants::Cursor grant;
    const Schema* schema = nullptr;  // Of an object.
    std::span<const ListKey> keys;   // If not empty: of a list with elements of `schema`.
    const std::vector<KeyValue>* own = nullptr;  // The keys of an element of such a list.
    const std::string* fixed = nullptr;          // The text that alone may stand here.
  };

  Place Root();
  Place Field(const Place& at, std::string_view name);
  Place Element(const Place& at, const std::vector<KeyValue>& element);
  const std::string* Identity(const Place& at, std::string_view name) const;

  // Goes down to `pointer`, proposing what it needs to be there. False after a problem.
  bool Descend(const Pointer& pointer, const Part* replacement, Place& at);
  bool DescendToElement(const std::vector<KeyValue>& element, const Part* replacement, Place& at);

  // Proposes that what stands at `at`, which is at `pointer`, goes. False after a problem.
  bool Remove(const Place& at, const Pointer& pointer);

  void WriteValue(const Place& at, const json::value& value);
  void WriteFixed(const Place& at, const json::value& value);
  void WriteObject(const Place& at, const json::value& value);
  void WriteList(const Place& at, const json::value& value);
  void WriteLeaf(const Place& at, Form form, const json::value& value);
  void WriteKeys(const Place& at, std::span<const ListKey> keys);
  void Steer(const Place& at, Steering steering);

  void Propose(const Place& at, Form form, const json::value* value);
  void Bad(const char* code, const std::string& what);
  void NotPermitted();

  const ObjectRef& object_;
  const std::string& owner_;
  const Grants& grants_;
  Node& root_;
  std::vector<Removal>& removals_;
  std::deque<json::value>& made_;
  Problems& problems_;

  std::string pointer_;       // Of the place being written.
  size_t pointer_bytes_ = 0;  // Of all leaves of this part.
  // The part that is written, if it is a REPLACE, as soon as its place is reached.
  const Part* replacement_ = nullptr;
};

}  // namespace weft::merge
