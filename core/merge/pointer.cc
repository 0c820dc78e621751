#include "core/merge/pointer.h"

#include <array>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::merge {
namespace {

// The character that ~N stands for, by N.
constexpr std::string_view kEscaped = "~/],=";
// By character: its N, or kEscaped.size(). Every field of every object is looked through.
constexpr auto kEscapeOf = [] {
  std::array<uint8_t, 256> escapes{};
  escapes.fill(kEscaped.size());
  for (size_t n = 0; n < kEscaped.size(); ++n)
    escapes[static_cast<uint8_t>(kEscaped[n])] = static_cast<uint8_t>(n);
  return escapes;
}();
// How many of them are escaped.
constexpr size_t kInField = 3;
constexpr size_t kInValue = 5;

void AppendEscaped(std::string_view text, size_t escapes, std::string& out) {
  size_t begin = 0;  // Of what is still to be appended.
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t n = kEscapeOf[static_cast<uint8_t>(text[i])];
    if (n >= escapes) continue;
    out.append(text, begin, i - begin);
    out.push_back('~');
    out.push_back(static_cast<char>('0' + n));
    begin = i + 1;
  }
  out.append(text, begin);
}

absl::StatusOr<std::string> Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') {
      out.push_back(text[i]);
      continue;
    }
    const size_t n = i + 1 < text.size() ? static_cast<size_t>(text[i + 1] - '0') : kInValue;
    if (n >= kInValue) return absl::InvalidArgumentError("'~' needs a digit from 0 to 4 behind it");
    out.push_back(kEscaped[n]);
    ++i;
  }
  return out;
}

absl::StatusOr<KeyValue> ParseKeyValue(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return absl::InvalidArgumentError("between '[' and ']' stands key=value,key=value");
  }
  const std::string_view value = text.substr(equals + 1);
  if (value.find_first_of("]=") != std::string_view::npos) {
    return absl::InvalidArgumentError("within a value ']' is written ~2 and '=' is written ~4");
  }
  WEFT_ASSIGN_OR_RETURN(std::string unescaped, Unescape(value));
  return KeyValue{std::string(text.substr(0, equals)), std::move(unescaped)};
}

absl::StatusOr<Step> ParseStep(std::string_view token) {
  Step step;
  if (!token.empty() && token.back() == ']') {
    const size_t open = token.find('[');
    if (open == std::string_view::npos) {
      return absl::InvalidArgumentError("']' without '['; at the end of a field it is written ~2");
    }
    const std::string element(token.substr(open + 1, token.size() - open - 2));
    for (const std::string& part : std::vector<std::string>(absl::StrSplit(element, ','))) {
      WEFT_ASSIGN_OR_RETURN(KeyValue key, ParseKeyValue(part));
      step.element.push_back(std::move(key));
    }
    token = token.substr(0, open);
  }
  WEFT_ASSIGN_OR_RETURN(step.field, Unescape(token));
  return step;
}

}  // namespace

absl::StatusOr<Pointer> ParsePointer(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text.front() != '/') {
    return absl::InvalidArgumentError("a pointer is empty or begins with '/'");
  }
  text.remove_prefix(1);
  while (true) {
    if (pointer.size() == json::kMaxDepth) {
      return absl::InvalidArgumentError(
          absl::StrCat("a pointer has at most ", json::kMaxDepth, " tokens"));
    }
    const size_t slash = text.find('/');
    const std::string_view token = text.substr(0, slash);
    absl::StatusOr<Step> step = ParseStep(token);
    if (!step.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("in \"", std::string(token), "\": ", step.status().message()));
    }
    pointer.push_back(*std::move(step));
    if (slash == std::string_view::npos) return pointer;
    text.remove_prefix(slash + 1);
  }
}

std::string FormatPointer(const Pointer& pointer) {
  std::string text;
  for (const Step& step : pointer) {
    AppendFieldToken(step.field, text);
    if (!step.element.empty()) text += ElementToken(step.element);
  }
  return text;
}

std::string FieldToken(std::string_view field) {
  std::string token;
  AppendFieldToken(field, token);
  return token;
}

void AppendFieldToken(std::string_view field, std::string& pointer) {
  pointer += '/';
  AppendEscaped(field, kInField, pointer);
}

std::string ElementToken(const std::vector<KeyValue>& element) {
  std::string token;
  for (const KeyValue& key : element) {
    token += token.empty() ? '[' : ',';
    token += key.key;
    token += '=';
    AppendEscaped(key.value, kInValue, token);
  }
  token += ']';
  return token;
}

}  // namespace weft::merge
