#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "runtime/base/apply_outcome.h"
#include "runtime/base/object_ref.h"
#include "runtime/kubernetes/field_path.h"

// What is applied, and what came of it: messages of weft.runtime.v1 as plain values.
namespace weft::kubernetes {

using runtime::ObjectRef;

struct SteeredLeaf {
  std::string pointer;
  FieldPath path;
  json::value value;
  bool set = false;  // False: `value` is a seed.
};

struct AppliedObject {
  ObjectRef ref;
  json::value object;
  std::string owner;
  uint64_t generation = 0;
  std::vector<SteeredLeaf> steered;
  bool correct = false;
};

// One thing that is wrong with an object. `pointer` is RFC 6901 with indices, into the object.
struct Problem {
  std::string code;
  std::string pointer;
  std::string message;

  bool operator==(const Problem&) const = default;
};

struct Correction {
  std::string pointer;
  std::string writer;

  bool operator==(const Correction&) const = default;
};

struct ApplyResult {
  using Outcome = runtime::ApplyOutcome;
  Outcome outcome = Outcome::kAccepted;
  std::string message;
  std::vector<Problem> problems;  // kRefused.
  std::vector<std::string> immutable;
  std::string digest;  // kAccepted.
  std::vector<Correction> corrections;
  bool unreachable = false;  // kFailed because the API server gave no answer.
};

}  // namespace weft::kubernetes
