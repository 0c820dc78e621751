#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/catalog/type.h"

namespace weft::catalog {

// In which order traits of one workload are put to it. Stage 0 is the workload's own.
struct Stages {
  std::vector<int> of;  // Of each trait, from 1. Not to be used with a cycle.
  // Indices of traits each of which comes after the next, and the last after the first; it may be
  // one. Empty: there is none.
  std::vector<size_t> cycle;
};

// The stages of traits of these types, no two of which are the same, from what each says in
// `after`: one that names others comes in the first stage after all of them, one that says "*"
// after all that do not. What is named and not among them counts for nothing. With several cycles
// any one is found. Pure and thread-safe. Time is linear in the names. Source: docs/merge.md,
// "Stages".
Stages StagesOf(const std::vector<const Type*>& traits);

// "a after b after a", for people; of a cycle of StagesOf(traits).
std::string CycleText(const std::vector<const Type*>& traits, const std::vector<size_t>& cycle);

}  // namespace weft::catalog
