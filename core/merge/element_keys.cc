#include "core/merge/element_keys.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace weft::merge {

std::optional<std::string> TextOf(const json::value& value) {
  if (const auto* s = value.if_string()) return std::string(s->data(), s->size());
  if (value.is_int64() || value.is_uint64()) return json::Canonical(value);
  return std::nullopt;
}

absl::StatusOr<std::vector<KeyValue>> KeysOf(std::span<const ListKey> keys,
                                             const json::value& element) {
  if (!element.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("every element is an object with ", ElementForm(keys)));
  }
  std::vector<KeyValue> result;
  for (const ListKey& key : keys) {
    const json::value* field = json::Find(element, key.name);
    std::string name(key.name);
    if (field == nullptr) {
      if (key.when_absent == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat("an element has no ", name));
      }
      result.push_back({std::move(name), key.when_absent});
    } else if (std::optional<std::string> text = TextOf(*field); text.has_value()) {
      result.push_back({std::move(name), *std::move(text)});
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " of an element is neither a string nor an integer"));
    }
  }
  return result;
}

absl::StatusOr<json::value> KeyField(const ListKey& key, const std::string& text) {
  if (!key.integer) return json::value(text);
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || absl::StrCat(number) != text) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(key.name), " is an integer, not \"", text, "\""));
  }
  return json::value(number);
}

std::string ElementForm(std::span<const ListKey> keys) {
  std::vector<KeyValue> element;
  for (const ListKey& key : keys) element.push_back({std::string(key.name), ""});
  return ElementToken(element);
}

}  // namespace weft::merge
