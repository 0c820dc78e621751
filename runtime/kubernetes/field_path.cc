#include "runtime/kubernetes/field_path.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"

namespace weft::kubernetes {
namespace {

// The character that ~N stands for, by N, and how many of them are escaped where.
constexpr std::string_view kEscaped = "~/],=";
constexpr size_t kInField = 3;
constexpr size_t kInValue = 5;

// `text` as a list element's key in a pointer, or a key's value as one.
std::string KeyText(const json::value& value) {
  const auto* text = value.if_string();
  return text == nullptr ? json::Canonical(value) : std::string(text->data(), text->size());
}

void AppendEscaped(std::string_view text, size_t escapes, std::string& out) {
  for (const char c : text) {
    if (const size_t n = kEscaped.find(c); n < escapes) {
      absl::StrAppend(&out, "~", n);
    } else {
      out.push_back(c);
    }
  }
}

absl::StatusOr<std::string> Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') {
      out.push_back(text[i]);
      continue;
    }
    const size_t n = ++i < text.size() ? static_cast<size_t>(text[i] - '0') : kInValue;
    if (n >= kInValue) return absl::InvalidArgumentError("'~' needs a digit from 0 to 4 behind it");
    out.push_back(kEscaped[n]);
  }
  return out;
}

absl::StatusOr<Step> ParseElement(std::string_view text) {
  Step step{Step::Type::kElement, "", json::object()};
  for (const absl::string_view part :
       absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos || equals == 0)
      return absl::InvalidArgumentError("between '[' and ']' stands key=value,key=value");
    WEFT_ASSIGN_OR_RETURN(const std::string value,
                          Unescape({part.data() + equals + 1, part.size() - equals - 1}));
    step.key.get_object()[std::string(part.substr(0, equals))] = value;
  }
  return step;
}

absl::Status ParseToken(std::string_view token, FieldPath& path) {
  std::string_view element;
  if (!token.empty() && token.back() == ']') {
    const size_t open = token.find('[');
    if (open == std::string_view::npos)
      return absl::InvalidArgumentError("']' without '['; at the end of a field it is written ~2");
    element = token.substr(open + 1, token.size() - open - 2);
    token = token.substr(0, open);
  }
  WEFT_ASSIGN_OR_RETURN(std::string name, Unescape(token));
  path.push_back({Step::Type::kField, std::move(name), nullptr});
  if (element.data() == nullptr) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(Step step, ParseElement(element));
  path.push_back(std::move(step));
  return absl::OkStatus();
}

bool HasKeys(const json::value& element, const json::object& keys) {
  for (const auto& [key, wanted] : keys) {
    const json::value* found = json::Find(element, {key.data(), key.size()});
    // Kubernetes' default, which an object has only once the API server has seen it.
    if (found == nullptr && key == "protocol" && KeyText(wanted) == "TCP") continue;
    if (found == nullptr || KeyText(*found) != KeyText(wanted)) return false;
  }
  return true;
}

const json::value* Part(const json::value& at, const Step& step) {
  if (step.type == Step::Type::kField) return json::Find(at, step.name);
  const json::array* list = at.if_array();
  if (list == nullptr) return nullptr;
  if (step.type == Step::Type::kIndex) {
    const int64_t index = step.key.is_int64() ? step.key.get_int64() : -1;
    return index >= 0 ? list->if_contains(static_cast<size_t>(index)) : nullptr;
  }
  for (const json::value& element : *list) {
    if (step.type == Step::Type::kElement ? HasKeys(element, step.key.get_object())
                                          : json::Canonical(element) == json::Canonical(step.key))
      return &element;
  }
  return nullptr;
}

// An element with the keys of `step`, typed as those of `like`.
json::value MakeElement(const Step& step, const json::value* like) {
  if (step.type != Step::Type::kElement) return step.key;
  json::object element;
  for (const auto& [key, wanted] : step.key.get_object()) {
    const json::value* known = like == nullptr ? nullptr : json::Find(*like, key);
    int64_t number = 0;
    if (known != nullptr) {
      element[key] = *known;
    } else if (wanted.is_string() && absl::SimpleAtoi(KeyText(wanted), &number)) {
      element[key] = number;
    } else {
      element[key] = wanted;
    }
  }
  return element;
}

}  // namespace

absl::StatusOr<FieldPath> ParsePointer(std::string_view pointer) {
  FieldPath path;
  if (pointer.empty()) return path;
  if (pointer.front() != '/')
    return absl::InvalidArgumentError("a pointer is empty or begins with '/'");
  for (const absl::string_view token :
       absl::StrSplit(absl::string_view(pointer.data() + 1, pointer.size() - 1), '/')) {
    const absl::Status parsed = ParseToken({token.data(), token.size()}, path);
    if (!parsed.ok())
      return absl::InvalidArgumentError(absl::StrCat("in \"", token, "\": ", parsed.message()));
  }
  return path;
}

std::string FormatPointer(const FieldPath& path) {
  std::string out;
  for (const Step& step : path) {
    if (step.type == Step::Type::kField || step.type == Step::Type::kIndex) {
      out += '/';
      AppendEscaped(step.type == Step::Type::kField ? step.name : KeyText(step.key), kInField, out);
      continue;
    }
    char before = '[';
    const json::object value{{"", step.key}};
    for (const auto& [key, wanted] :
         step.type == Step::Type::kElement ? step.key.get_object() : value) {
      absl::StrAppend(&out, std::string(1, std::exchange(before, ',')),
                      absl::string_view(key.data(), key.size()), "=");
      AppendEscaped(KeyText(wanted), kInValue, out);
    }
    out += ']';
  }
  return out;
}

absl::StatusOr<Step> ParseFieldsV1Step(std::string_view member) {
  if (member.size() < 2 || member[1] != ':')
    return absl::InvalidArgumentError("a member of fieldsV1 begins with f:, k:, v: or i:");
  const std::string_view rest = member.substr(2);
  if (member[0] == 'f') return Step{Step::Type::kField, std::string(rest), nullptr};
  WEFT_ASSIGN_OR_RETURN(json::value key, json::Parse(rest));
  if (member[0] == 'k' && key.is_object()) return Step{Step::Type::kElement, "", std::move(key)};
  if (member[0] == 'v') return Step{Step::Type::kValue, "", std::move(key)};
  if (member[0] == 'i' && key.is_int64()) return Step{Step::Type::kIndex, "", std::move(key)};
  return absl::InvalidArgumentError("a member of fieldsV1 begins with f:, k:, v: or i:");
}

bool IsElementKey(const FieldPath& path) {
  if (path.size() < 2 || path.back().type != Step::Type::kField) return false;
  const Step& element = path[path.size() - 2];
  return element.type == Step::Type::kElement && json::Find(element.key, path.back().name);
}

const json::value* Follow(const json::value& object, const FieldPath& path) {
  const json::value* at = &object;
  for (const Step& step : path) {
    if (at = Part(*at, step); at == nullptr) return nullptr;
  }
  return at;
}

void Put(json::value& object, const FieldPath& path, json::value value, const json::value& like) {
  json::value* at = &object;
  const json::value* seen = &like;
  for (const Step& step : path) {
    seen = seen == nullptr ? nullptr : Part(*seen, step);
    if (step.type == Step::Type::kField) {
      if (!at->is_object()) at->emplace_object();
      at = &at->get_object()[step.name];
      continue;
    }
    if (!at->is_array()) at->emplace_array();
    const json::value* found = Part(*at, step);
    json::array& list = at->get_array();
    if (found == nullptr) {
      list.push_back(MakeElement(step, seen));
      at = &list.back();
    } else {
      at = &list[static_cast<size_t>(found - list.data())];
    }
  }
  *at = std::move(value);
}

}  // namespace weft::kubernetes
