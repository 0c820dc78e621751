#include <charconv>
#include <cmath>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/model/text.h"
#include "core/model/yaml_tree.h"

// How YAML 1.2's core schema types a plain scalar.
namespace weft::model {
namespace {

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// The number of characters at the start of `text` that are digits of `base`.
size_t Digits(std::string_view text, int base) {
  size_t n = 0;
  while (n < text.size()) {
    const char c = text[n];
    const bool digit = base == 16  ? absl::ascii_isxdigit(c)
                       : base == 8 ? c >= '0' && c <= '7'
                                   : absl::ascii_isdigit(c);
    if (!digit) break;
    ++n;
  }
  return n;
}

std::string_view WithoutSign(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text;
}

bool IsFloat(std::string_view text) {
  text = WithoutSign(text);
  if (IsOneOf(text, {".inf", ".Inf", ".INF"})) return true;
  const size_t whole = Digits(text, 10);
  size_t fraction = 0;
  text.remove_prefix(whole);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = Digits(text, 10);
    text.remove_prefix(fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text = WithoutSign(text.substr(1));
  return !text.empty() && Digits(text, 10) == text.size();
}

// The base that the spelling of an integer says, and its digits; base 0: not an integer.
std::pair<int, std::string_view> IntegerDigits(std::string_view text) {
  int base = 10;
  std::string_view digits = WithoutSign(text);
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    digits = text.substr(2);
  }
  if (digits.empty() || Digits(digits, base) != digits.size()) return {0, {}};
  return {base, digits};
}

absl::StatusOr<json::value> Integer(std::string_view text) {
  const auto [base, digits] = IntegerDigits(text);
  uint64_t magnitude = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  const bool negative = text[0] == '-';
  constexpr uint64_t kLowest = uint64_t{1} << 63;
  if (end.ec != std::errc() || (negative && magnitude > kLowest)) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " does not fit in 64 bits"));
  }
  if (negative) return json::value(static_cast<int64_t>(0 - magnitude));
  if (magnitude < kLowest) return json::value(static_cast<int64_t>(magnitude));
  return json::value(magnitude);
}

absl::StatusOr<json::value> Float(const std::string& text) {
  const bool word = text.find_first_of("nN") != std::string::npos;  // .nan, .inf
  const double number = word ? NAN : std::strtod(text.c_str(), nullptr);
  // 100.0 and 100 are one value: the canonical text decides (docs/adr/0004-canonical-json.md).
  absl::StatusOr<json::value> value = std::isfinite(number)
                                          ? json::Parse(json::Canonical(number))
                                          : absl::InvalidArgumentError("not finite");
  if (!value.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " is not a number that JSON can hold exactly"));
  }
  return value;
}

}  // namespace

PlainType TypeOfPlain(std::string_view text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return PlainType::kNull;
  if (IsOneOf(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
    return PlainType::kBoolean;
  }
  if (IntegerDigits(text).first != 0) return PlainType::kInteger;
  if (IsFloat(text) || IsOneOf(text, {".nan", ".NaN", ".NAN"})) return PlainType::kFloat;
  return PlainType::kString;
}

std::optional<bool> Yaml11Boolean(std::string_view text) {
  if (IsOneOf(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return true;
  }
  if (IsOneOf(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return false;
  }
  return std::nullopt;
}

std::string UnquoteHint(const Node& node) {
  if (node.kind != Node::Kind::kScalar || node.plain) return "";
  const PlainType type = TypeOfPlain(node.text);
  const bool number = type == PlainType::kInteger || type == PlainType::kFloat;
  return number ? absl::StrCat("write ", node.text, " without quotes") : "";
}

absl::StatusOr<json::value> ScalarValue(const Node& node) {
  if (node.kind == Node::Kind::kNull) return json::value(nullptr);
  if (!node.plain) return json::value(boost::json::string_view(node.text));
  switch (TypeOfPlain(node.text)) {
    case PlainType::kNull:
      return json::value(nullptr);
    case PlainType::kBoolean:
      return json::value(node.text[0] == 't' || node.text[0] == 'T');
    case PlainType::kInteger:
      return Integer(node.text);
    case PlainType::kFloat:
      return Float(node.text);
    case PlainType::kString:
      break;
  }
  return json::value(boost::json::string_view(node.text));
}

}  // namespace weft::model
