#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/json.h"

// Places in an object, as Weft's pointers (docs/protocol.md) and as Kubernetes' managed fields
// name them. Pure.
namespace weft::kubernetes {

// One step from a value to a part of it.
struct Step {
  enum class Type {
    kField,    // Of an object: `name`.
    kElement,  // Of a list of objects: the one with the values of `key`.
    kValue,    // Of a list that is a set: the one equal to `key`.
    kIndex,    // Of a list: `key` is an integer.
  };
  Type type = Type::kField;
  std::string name;
  json::value key;
};
using FieldPath = std::vector<Step>;

// A pointer as weft.provider.v1.Write has it: RFC 6901, in which a token may end in
// [key=value,...]. The values of keys are texts; they match numbers that are written so.
// INVALID_ARGUMENT.
absl::StatusOr<FieldPath> ParsePointer(std::string_view pointer);

// The pointer to a place, the reverse of ParsePointer. A member of a set is written [=value].
std::string FormatPointer(const FieldPath& path);

// A member of fieldsV1: "f:name", "k:{\"name\":\"web\"}", "v:\"a\"" or "i:0".
// Source: structured-merge-diff, fieldpath/serialize-pe.go. INVALID_ARGUMENT.
absl::StatusOr<Step> ParseFieldsV1Step(std::string_view member);

// True: the leaf at `path` is part of what names the list element that it is in.
bool IsElementKey(const FieldPath& path);

// The value at `path` in `object`; null: there is none. As long as `object` is unchanged.
const json::value* Follow(const json::value& object, const FieldPath& path);

// Puts `value` at `path` in `object`, making what is missing on the way. The keys of a list element
// that is made are of the types that they have in `like`, where that has it; else digits make a
// number. What stands in the way is replaced.
void Put(json::value& object, const FieldPath& path, json::value value, const json::value& like);

}  // namespace weft::kubernetes
