#pragma once

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/merge/merge.h"

// For tests and fuzz targets: results of merges as texts that compare.
namespace weft::merge {

// `value` with the elements of every list in one order.
inline json::value Sorted(const json::value& value) {
  json::value sorted = value;
  if (json::array* array = sorted.if_array()) {
    for (json::value& element : *array) element = Sorted(element);
    std::sort(array->begin(), array->end(), [](const json::value& a, const json::value& b) {
      return json::Canonical(a) < json::Canonical(b);
    });
  } else if (json::object* object = sorted.if_object()) {
    for (auto& member : *object) member.value() = Sorted(member.value());
  }
  return sorted;
}

// All that a merge says, but for the order of elements.
inline std::string TextOf(const Merged& merged) {
  std::string text;
  for (const Problem& p : merged.problems)
    absl::StrAppend(&text, p.code, " ", p.owner, ": ", p.message, "\n");
  for (const MergedObject& object : merged.objects) {
    absl::StrAppend(&text, json::Canonical(Sorted(object.value)),
                    object.replace ? " or anew\n" : "\n");
    for (const LeafOwner& leaf : object.leaves)
      absl::StrAppend(&text, "  ", leaf.pointer, " ", leaf.owner, "\n");
    for (const SteeredLeaf& leaf : object.steered)
      absl::StrAppend(&text, "  ", leaf.pointer, " by ", leaf.owner,
                      leaf.by == Steering::kActions ? " " : " on the platform ",
                      json::Canonical(leaf.seed), " ", leaf.seed_owner, "\n");
  }
  return text;
}

}  // namespace weft::merge
