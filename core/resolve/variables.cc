#include "core/resolve/variables.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/model/text.h"

namespace weft::resolve {
namespace {

constexpr std::string_view kOpen = "[fromVariable(";
constexpr std::string_view kClose = ")]";

// A reference in a text: from `begin` up to `end` stands [fromVariable(name)].
struct Reference {
  size_t begin = 0;
  size_t end = 0;
  std::string name;
};

std::optional<Reference> FindReference(std::string_view text, size_t from) {
  const size_t begin = text.find(kOpen, from);
  if (begin == std::string_view::npos) return std::nullopt;
  const size_t name = begin + kOpen.size();
  const size_t close = text.find(kClose, name);
  if (close == std::string_view::npos) return std::nullopt;
  return Reference{begin, close + kClose.size(), std::string(text.substr(name, close - name))};
}

bool Refers(const json::value& value) {
  if (value.is_string()) {
    const boost::json::string& text = value.get_string();
    return FindReference({text.data(), text.size()}, 0).has_value();
  }
  if (value.is_array()) {
    for (const json::value& item : value.get_array()) {
      if (Refers(item)) return true;
    }
  }
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      if (Refers(member.value())) return true;
    }
  }
  return false;
}

}  // namespace

std::string TextOf(const json::value& value) {
  if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
  return json::Canonical(value);
}

Variables::Variables(const std::vector<model::ParameterValue>& variables, Findings& findings) {
  for (size_t i = 0; i < variables.size(); ++i) {
    values_.emplace(variables[i].name, variables[i].value);
    if (!Refers(variables[i].value)) continue;
    findings.Error(absl::StrCat("/spec/variables/", i, "/value"), "NESTED_VARIABLE",
                   absl::StrCat("the variable ", model::Quoted(variables[i].name),
                                " refers to a variable, which only parameter values and "
                                "properties may"));
  }
}

const json::value* Variables::Find(const std::string& name, const std::string& pointer,
                                   Findings& findings) const {
  if (const auto found = values_.find(name); found != values_.end()) return &found->second;
  std::vector<std::string> names;
  for (const auto& [known, value] : values_) names.push_back(known);
  model::Diagnostic& error =
      findings.Error(pointer, "UNKNOWN_VARIABLE",
                     absl::StrCat("the application has no variable ", model::Quoted(name)));
  error.found = model::Quoted(name);
  const std::string nearest = model::Nearest(name, names);
  error.hint = nearest.empty() ? "declare it in spec.variables"
                               : absl::StrCat("write [fromVariable(", nearest, ")]");
  return nullptr;
}

std::optional<json::value> Variables::ExpandString(const std::string& text,
                                                   const std::string& pointer,
                                                   Findings& findings) const {
  std::string expanded;
  size_t done = 0;
  bool complete = true;
  while (const std::optional<Reference> reference = FindReference(text, done)) {
    const json::value* value = Find(reference->name, pointer, findings);
    if (value != nullptr && reference->begin == 0 && reference->end == text.size()) return *value;
    complete = complete && value != nullptr;
    absl::StrAppend(&expanded, text.substr(done, reference->begin - done),
                    value == nullptr ? "" : TextOf(*value));
    done = reference->end;
  }
  if (!complete) return std::nullopt;
  expanded.append(text, done);
  return json::value(boost::json::string_view(expanded));
}

std::optional<json::value> Variables::Expand(const json::value& value, const std::string& pointer,
                                             Findings& findings) const {
  if (value.is_string()) return ExpandString(TextOf(value), pointer, findings);
  if (!value.is_array() && !value.is_object()) return value;
  json::value expanded = value;
  bool complete = true;
  const auto expand = [&](json::value& below, const std::string& token) {
    std::optional<json::value> result = Expand(below, pointer + token, findings);
    complete = complete && result.has_value();
    if (result) below = *std::move(result);
  };
  if (json::array* list = expanded.if_array()) {
    for (size_t i = 0; i < list->size(); ++i) expand((*list)[i], absl::StrCat("/", i));
  } else {
    for (auto& member : expanded.get_object()) {
      expand(member.value(), json::PointerToken({member.key().data(), member.key().size()}));
    }
  }
  if (!complete) return std::nullopt;
  return expanded;
}

}  // namespace weft::resolve
