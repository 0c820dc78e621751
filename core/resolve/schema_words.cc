#include "core/resolve/schema_words.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/readable.h"

namespace weft::resolve {
namespace {

constexpr size_t kShort = 60;

std::string TypeWords(const std::string& type) {
  if (type == "integer") return "an integer";
  if (type == "number") return "a number";
  if (type == "string") return "a string";
  if (type == "boolean") return "true or false";
  if (type == "array") return "a list";
  if (type == "object") return "a map";
  if (type == "null") return "null";
  return "";
}

std::string Types(const json::value& type) {
  if (type.is_string()) return TypeWords(std::string(type.get_string()));
  std::vector<std::string> words;
  if (type.is_array()) {
    for (const json::value& one : type.get_array()) {
      if (one.is_string()) words.push_back(TypeWords(std::string(one.get_string())));
    }
  }
  return absl::StrJoin(words, " or ");
}

// " from 1 to 10", " of at least 1", " of at most 10", with `unit` behind.
std::string Range(const json::value& schema, std::string_view lowest, std::string_view highest,
                  const std::string& unit) {
  const json::value* low = json::Find(schema, lowest);
  const json::value* high = json::Find(schema, highest);
  if (low == nullptr && high == nullptr) return "";
  if (high == nullptr) return absl::StrCat(" of at least ", json::Canonical(*low), unit);
  if (low == nullptr) return absl::StrCat(" of at most ", json::Canonical(*high), unit);
  return absl::StrCat(unit.empty() ? " from " : " of ", json::Canonical(*low), " to ",
                      json::Canonical(*high), unit);
}

}  // namespace

std::string ExpectedBy(const json::value& schema) {
  if (const json::value* one = json::Find(schema, "const")) return ShortText(*one);
  if (const json::value* several = json::Find(schema, "enum");
      several != nullptr && several->is_array()) {
    std::vector<std::string> texts;
    for (const json::value& value : several->get_array()) texts.push_back(ShortText(value));
    return absl::StrCat("one of ", absl::StrJoin(texts, ", "));
  }
  const json::value* type = json::Find(schema, "type");
  if (type == nullptr) return "";
  std::string words = Types(*type);
  if (words.empty()) return "";
  absl::StrAppend(&words, Range(schema, "minimum", "maximum", ""),
                  Range(schema, "minLength", "maxLength", " characters"),
                  Range(schema, "minItems", "maxItems", " elements"));
  if (const json::value* pattern = json::Find(schema, "pattern")) {
    absl::StrAppend(&words, " that matches ", ShortText(*pattern));
  }
  return words;
}

std::string ShortText(const json::value& value) {
  std::string text = json::Canonical(value);
  if (text.size() <= kShort) return text;
  text.resize(CutTo(text, kShort).size());
  return text + "...";
}

}  // namespace weft::resolve
