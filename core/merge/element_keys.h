#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/json.h"
#include "core/merge/object_schema.h"
#include "core/merge/pointer.h"

// How the elements of a list with keys are told apart. Pure and thread-safe.
namespace weft::merge {

// How a pointer writes `value` as the value of a key; nothing unless it is a string or an integer.
std::optional<std::string> TextOf(const json::value& value);

// The keys of one element, every key of `keys` in order. INVALID_ARGUMENT: it is no object, lacks a
// key, or a key is neither a string nor an integer.
absl::StatusOr<std::vector<KeyValue>> KeysOf(std::span<const ListKey> keys,
                                             const json::value& element);

// The value of the field `key` in the element of a list that a pointer names by `text`.
// INVALID_ARGUMENT: it is an integer and `text` is not how one is written.
absl::StatusOr<json::value> KeyField(const ListKey& key, const std::string& text);

// "[containerPort=,protocol=]": how pointers name the elements of a list with these keys.
std::string ElementForm(std::span<const ListKey> keys);

}  // namespace weft::merge
