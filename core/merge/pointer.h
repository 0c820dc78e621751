#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Pointers to places in an object: RFC 6901, in which a token may end in [key=value,key=value] to
// name one element of a list of objects: /spec/template/spec/containers[name=web]/image
//
// ~0 and ~1 stand for ~ and / everywhere, as in RFC 6901; ~2, ~3 and ~4 for ] , and =. A value
// always escapes all five, a field always escapes ~ / and ].
// Source: docs/protocol.md, "Providers: what they answer". Pure and thread-safe.
namespace weft::merge {

struct KeyValue {
  std::string key;
  std::string value;

  bool operator==(const KeyValue&) const = default;
};

// One token, unescaped.
struct Step {
  std::string field;
  std::vector<KeyValue> element;  // If not empty, `field` is a list and this says which element.

  bool operator==(const Step&) const = default;
};

using Pointer = std::vector<Step>;  // Empty: the whole object.

// INVALID_ARGUMENT, quoting the token and saying what is wrong with it; also if there are more than
// json::kMaxDepth tokens.
absl::StatusOr<Pointer> ParsePointer(std::string_view text);

// The one text of `pointer`, so that pointers are equal if and only if their texts are. It is the
// FieldToken and, where there is one, the ElementToken of every step.
std::string FormatPointer(const Pointer& pointer);

std::string FieldToken(std::string_view field);                  // "/containers"
std::string ElementToken(const std::vector<KeyValue>& element);  // "[name=web]"
// Appends the FieldToken of `field` to `pointer`, without a string of its own.
void AppendFieldToken(std::string_view field, std::string& pointer);

}  // namespace weft::merge
