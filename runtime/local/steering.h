#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "runtime/local/kinds.h"
#include "runtime/local/object.h"

// Leaves that change at run time: see weft.runtime.v1.SteeredLeaf. Here they stand in the accepted
// object like any other. Pure.
namespace weft::local {

struct SteeredLeaf {
  std::string pointer;  // RFC 6901 through objects alone: no element of a list is steered here.
  std::string value;    // JSON.
  bool set = false;     // False: a seed, for a leaf that has no value yet.
};

// Puts the values into `object`. Adds a problem for each that cannot stand there.
void PutSteered(const std::vector<SteeredLeaf>& steered, json::value& object,
                std::vector<Problem>& problems);

// The pointers of those that have seeds.
std::vector<std::string> SeededOf(const std::vector<SteeredLeaf>& steered);

// Gives the leaves at `seeded` in `next` what they have in `now`, the object in whose place it
// comes: also what they have because its kind says so where it is silent. A leaf that has nothing
// there keeps its seed.
void KeepLeaves(const Object& now, const std::vector<std::string>& seeded, Object& next);

// Gives the leaf at `pointer` of an object that stands `value`. False: the object would not be
// right with it, and is left as it is.
bool SetLeaf(const std::string& pointer, json::value value, Object& object);

}  // namespace weft::local
