#pragma once

#include "core/merge/merge.h"
#include "core/merge/object_schema.h"
#include "core/merge/problems.h"
#include "core/merge/tree.h"

namespace weft::merge {

// Ends a stage for one object: judges what was proposed, against each other and against what the
// stages before settled, and settles it. The outcome does not depend on the order of the proposals.
// After a problem the tree must not be used. Time grows with what was proposed.
void Settle(const ObjectRef& object, const Schema* schema, Node& root, Problems& problems);

}  // namespace weft::merge
