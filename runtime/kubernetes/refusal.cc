#include "runtime/kubernetes/refusal.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/base/json.h"

namespace weft::kubernetes {
namespace {

// The index in `list` of the element that `text`, `name="web",protocol="TCP"`, names; -1: none.
int64_t FindElement(const json::value* list, const std::string& text) {
  Step step{Step::Type::kElement, "", json::object()};
  for (const absl::string_view pair : absl::StrSplit(text, ',')) {
    const std::vector<std::string> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.size() == 2)
      step.key.get_object()[parts[0]] = absl::StrReplaceAll(parts[1], {{"\"", ""}});
  }
  if (list == nullptr || !list->is_array() || step.key.get_object().empty()) return -1;
  const json::value* found = Follow(*list, {step});
  return found == nullptr ? -1 : found - list->get_array().data();
}

// Adds one token, and goes on to where it leads.
void Descend(const std::string& token, const json::value*& at, std::string& pointer) {
  pointer += json::PointerToken(token);
  size_t index = 0;
  if (at == nullptr) return;
  if (!at->is_array()) {
    at = json::Find(*at, token);
  } else {
    at = absl::SimpleAtoi(token, &index) ? at->get_array().if_contains(index) : nullptr;
  }
}

// The pairs of `before` "..." in `text`: strict decoding names fields only within its message.
std::vector<std::string> Quoted(const std::string& text, const std::string& before) {
  std::vector<std::string> found;
  for (size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    const size_t end = text.find('"', at);
    if (end == std::string::npos) break;
    found.push_back(text.substr(at, end - at));
  }
  return found;
}

// The lines "FIELD: WORDS" of an apply that does not have the types of its kind, whose fields begin
// with a dot.
std::vector<ApiStatus::Cause> ReadTyped(const std::string& message) {
  std::vector<ApiStatus::Cause> found;
  // Behind "failed to create typed patch object (NAMESPACE/NAME; KIND): ".
  const size_t start = message.find("): ");
  if (start == std::string::npos) return found;
  const std::string text = message.substr(start + 3);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view words = absl::StripLeadingAsciiWhitespace(line);
    const size_t end = words.find(": ");
    if (!absl::StartsWith(words, ".") || end == absl::string_view::npos) continue;
    found.push_back({"", std::string(words.substr(end + 2)), std::string(words.substr(0, end))});
  }
  return found;
}

Problem UnknownField(const std::string& pointer) {
  return {"UNSUPPORTED_FIELD", pointer, absl::StrCat("Kubernetes has no field ", pointer)};
}

bool SaysImmutable(const std::string& message) {
  for (const char* words : {"immutable", "may not change once set", "updates to statefulset spec"})
    if (absl::StrContains(message, words)) return true;
  return false;
}

}  // namespace

std::string FieldToPointer(const std::string& field, const json::value& object) {
  std::string pointer, token;
  const json::value* at = &object;
  const auto flush = [&] {
    if (!token.empty()) Descend(token, at, pointer);
    token.clear();
  };
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '.') {
      flush();
    } else if (field[i] == '[') {
      flush();
      const size_t end = std::min(field.find(']', i), field.size());
      token = field.substr(i + 1, end - i - 1);
      i = end;
      const int64_t index = FindElement(at, token);
      if (index >= 0) token = absl::StrCat(index);
      flush();
    } else {
      token += field[i];
    }
  }
  flush();
  return pointer;
}

std::vector<Problem> ReadProblems(const ApiStatus& status, const json::value& object) {
  std::vector<Problem> problems;
  for (const ApiStatus::Cause& cause : status.causes) {
    const std::string separator = cause.field.empty() ? "" : ": ";
    problems.push_back({"INVALID_VALUE", FieldToPointer(cause.field, object),
                        absl::StrCat(cause.field, separator, cause.message)});
  }
  if (!problems.empty()) return problems;
  for (const std::string& field : Quoted(status.message, "unknown field \""))
    problems.push_back(UnknownField(FieldToPointer(field, object)));
  for (const ApiStatus::Cause& cause : ReadTyped(status.message)) {
    const std::string pointer = FieldToPointer(cause.field, object);
    if (absl::StrContains(cause.message, "field not declared in schema")) {
      problems.push_back(UnknownField(pointer));
    } else {
      problems.push_back({"INVALID_VALUE", pointer, absl::StrCat(pointer, ": ", cause.message)});
    }
  }
  if (problems.empty()) {
    problems.push_back(
        {status.code == 403 ? "RUNTIME_REFUSED" : "INVALID_VALUE", "", status.message});
  }
  return problems;
}

std::vector<std::string> ReadImmutable(const ApiStatus& status, const json::value& object) {
  std::vector<std::string> pointers;
  for (const ApiStatus::Cause& cause : status.causes)
    if (SaysImmutable(cause.message)) pointers.push_back(FieldToPointer(cause.field, object));
  return pointers;
}

}  // namespace weft::kubernetes
