#pragma once

#include <string>
#include <vector>

#include "core/merge/merge.h"
#include "core/merge/problems.h"
#include "core/merge/tree.h"

namespace weft::merge {

// That one contribution wants to be gone what stands at a place of an object, with all below.
struct Removal {
  const std::string* owner;
  const Part* replacement;  // What stands there instead, which is proposed too; null: nothing.
  std::vector<std::string> path;  // The keys of the children on the way from the root; not empty.
  std::string pointer;            // As text.
};

// Begins the end of a stage for one object, before Settle: judges what its contributions remove,
// against each other and against what they propose, and takes it out of what the stages before
// settled. Objects and lists around it of which nothing is left go too, unless somebody wrote them
// empty. The outcome does not depend on the order of `removals`. After a problem the tree must not
// be used but by Settle. Time grows with `removals` and what is at and below their places.
void Remove(const ObjectRef& object, std::vector<Removal> removals, Node& root, Problems& problems);

}  // namespace weft::merge
