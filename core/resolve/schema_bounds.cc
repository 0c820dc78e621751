#include "core/resolve/schema_bounds.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/model/text.h"

namespace weft::resolve {
namespace {

constexpr size_t kMaxParts = 10000;

// The text of the $ref of `part`, or null.
const boost::json::string* Reference(const json::value& part) {
  const json::value* reference = json::Find(part, "$ref");
  return reference == nullptr ? nullptr : reference->if_string();
}

const json::value* Target(const json::value& schema, const boost::json::string& reference) {
  const std::string_view text(reference.data(), reference.size());
  if (!text.starts_with('#')) return nullptr;
  boost::json::error_code error;
  return schema.find_pointer({text.data() + 1, text.size() - 1}, error);
}

// Walks through a schema as a validator does.
class Walk {
 public:
  explicit Walk(const json::value& schema) : schema_(schema) {}

  absl::Status Visit(const json::value& part) {
    if (++parts_ > kMaxParts) {
      return absl::InvalidArgumentError("it has more than 10,000 parts");
    }
    if (std::find(open_.begin(), open_.end(), &part) != open_.end()) {
      return absl::InvalidArgumentError("it contains itself through a $ref");
    }
    open_.push_back(&part);
    if (const boost::json::string* reference = Reference(part)) {
      const json::value* target = Target(schema_, *reference);
      if (target == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat(
            "its $ref ", model::Quoted({reference->data(), reference->size()}), " leads nowhere"));
      }
      WEFT_RETURN_IF_ERROR(Visit(*target));
    } else if (const json::object* object = part.if_object()) {
      for (const auto& member : *object) WEFT_RETURN_IF_ERROR(Visit(member.value()));
    } else if (const json::array* list = part.if_array()) {
      for (const json::value& item : *list) WEFT_RETURN_IF_ERROR(Visit(item));
    }
    open_.pop_back();
    return absl::OkStatus();
  }

 private:
  const json::value& schema_;
  std::vector<const json::value*> open_;  // From the root to where the walk is.
  size_t parts_ = 0;
};

bool HasPattern(const json::value& schema) {
  if (const json::array* list = schema.if_array()) {
    return std::any_of(list->begin(), list->end(), HasPattern);
  }
  const json::object* object = schema.if_object();
  if (object == nullptr) return false;
  return std::any_of(object->begin(), object->end(), [](const auto& member) {
    const bool keyword = member.key() == "pattern" || member.key() == "format";
    return (keyword && member.value().is_string()) || member.key() == "patternProperties" ||
           HasPattern(member.value());
  });
}

std::optional<std::string> FindLong(const json::value& value, const std::string& pointer) {
  if (const boost::json::string* text = value.if_string()) {
    return text->size() > kMaxMatchedBytes ? std::optional(pointer) : std::nullopt;
  }
  if (const json::array* list = value.if_array()) {
    for (size_t i = 0; i < list->size(); ++i) {
      if (auto found = FindLong((*list)[i], absl::StrCat(pointer, "/", i))) return found;
    }
  }
  if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      if (auto found = FindLong(member.value(), pointer + json::PointerToken(key))) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

absl::Status CheckReferences(const json::value& schema) { return Walk(schema).Visit(schema); }

const json::value* Dereference(const json::value& schema, const json::value* part) {
  while (part != nullptr) {
    const boost::json::string* reference = Reference(*part);
    if (reference == nullptr) break;
    part = Target(schema, *reference);
  }
  return part;
}

std::optional<std::string> FindUnmatchable(const json::value& value, const json::value& schema) {
  return HasPattern(schema) ? FindLong(value, "") : std::nullopt;
}

}  // namespace weft::resolve
