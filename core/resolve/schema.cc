#include "core/resolve/schema.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/model/diagnostic.h"
#include "core/model/text.h"
#include "core/resolve/schema_bounds.h"
#include "core/resolve/schema_words.h"

// The one file that knows valijson. Its sentences are for programmers: they tell what kind of
// violation there is and where, and the words for people come from the schema itself.
namespace weft::resolve {
namespace {

using Context = std::vector<std::string>;  // "<root>", "[key]", "[index]" ...

// A place in the value that is checked, with the part of the schema that speaks of it.
struct Spot {
  std::string pointer;
  std::string name;                     // The last key, or "".
  const json::value* value = nullptr;   // Null where the context leads nowhere.
  const json::value* schema = nullptr;  // Null where only a combination of schemas speaks of it.
};

const json::value* Element(const json::value& list, const std::string& index) {
  const boost::json::array* array = list.if_array();
  const size_t i = static_cast<size_t>(std::strtoull(index.c_str(), nullptr, 10));
  return array == nullptr || i >= array->size() ? nullptr : &(*array)[i];
}

Spot Locate(const Context& context, const json::value& value, const json::value& schema) {
  Spot spot{"", "", &value, Dereference(schema, &schema)};
  for (size_t i = 1; i < context.size(); ++i) {
    const std::string token = context[i].substr(1, context[i].size() - 2);
    spot.pointer += json::PointerToken(token);
    const bool in_list = spot.value != nullptr && spot.value->is_array();
    if (!in_list) spot.name = token;
    if (spot.schema != nullptr) {
      spot.schema =
          Dereference(schema, in_list ? json::Find(*spot.schema, "items")
                                      : json::FindPath(*spot.schema, {"properties", token}));
    }
    if (spot.value != nullptr) {
      spot.value = in_list ? Element(*spot.value, token) : json::Find(*spot.value, token);
    }
  }
  return spot;
}

std::vector<std::string> KnownProperties(const Spot& spot) {
  std::vector<std::string> names;
  const json::value* properties =
      spot.schema == nullptr ? nullptr : json::Find(*spot.schema, "properties");
  if (properties == nullptr || !properties->is_object()) return names;
  for (const auto& member : properties->get_object()) names.emplace_back(member.key());
  return names;
}

// The name at the end of a sentence of valijson: the text in single quotes, which may hold some.
std::string NameIn(const std::string& description) {
  constexpr std::string_view kMissing = "Missing required property '";
  constexpr std::string_view kUnknown = "constraints: '";
  const size_t unknown = description.find(kUnknown);
  const size_t begin = unknown == std::string::npos ? kMissing.size() : unknown + kUnknown.size();
  const size_t end = description.rfind('\'');
  return end == std::string::npos || end < begin ? "" : description.substr(begin, end - begin);
}

Violation Missing(const Spot& spot, const std::string& name) {
  Violation violation{.pointer = spot.pointer, .missing = name, .code = "MISSING_PROPERTY"};
  violation.message = absl::StrCat("the property ", model::Quoted(name), " is missing");
  const json::value* schema =
      spot.schema == nullptr ? nullptr : json::FindPath(*spot.schema, {"properties", name});
  if (schema != nullptr) violation.expected = ExpectedBy(*schema);
  violation.hint = absl::StrCat("add \"", name, "\"");
  if (!violation.expected.empty()) absl::StrAppend(&violation.hint, ", ", violation.expected);
  return violation;
}

Violation Unknown(const Spot& spot, const std::string& name,
                  const std::vector<std::string>& known) {
  Violation violation{.pointer = spot.pointer + json::PointerToken(name),
                      .of_key = true,
                      .code = "UNKNOWN_PROPERTY",
                      .found = model::Quoted(name)};
  violation.message =
      absl::StrCat("there is no property ", model::Quoted(name), "; ",
                   known.empty() ? "none is known here" : "known: ", absl::StrJoin(known, ", "));
  const std::string nearest = model::Nearest(name, known);
  violation.hint = nearest.empty() ? "leave it out" : absl::StrCat("write \"", nearest, "\"");
  return violation;
}

// valijson names one property; all that the schema does not list are wrong.
void AddUnknown(const Spot& spot, const std::string& named, std::vector<Violation>& out) {
  const std::vector<std::string> known = KnownProperties(spot);
  const bool patterns =
      spot.schema == nullptr || json::Find(*spot.schema, "patternProperties") != nullptr;
  if (patterns || spot.value == nullptr || !spot.value->is_object()) {
    out.push_back(Unknown(spot, named, known));
    return;
  }
  for (const auto& member : spot.value->get_object()) {
    const std::string name(member.key());
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    out.push_back(Unknown(spot, name, known));
  }
}

Violation Bad(const Spot& spot, const std::string& description) {
  Violation violation{.pointer = spot.pointer, .code = "BAD_PROPERTY"};
  const std::string name = spot.name.empty() ? "the value" : model::Quoted(spot.name);
  if (spot.value != nullptr) violation.found = ShortText(*spot.value);
  if (spot.schema != nullptr) violation.expected = ExpectedBy(*spot.schema);
  violation.message =
      violation.expected.empty()
          ? absl::StrCat(name, " does not satisfy the schema of its type: ", description)
          : absl::StrCat(name, " is ", violation.found, ", expected ", violation.expected);
  return violation;
}

// Whether it only says that something below is wrong, which has been said there.
bool IsConsequence(const std::string& description) {
  return absl::StartsWith(description, "Failed to validate against schema associated") ||
         absl::StartsWith(description, "Failed to validate against additional properties") ||
         absl::StartsWith(description, "Failed to validate item #");
}

std::vector<Violation> Translate(const valijson::ValidationResults& results,
                                 const json::value& value, const json::value& schema) {
  std::vector<Violation> violations;
  for (const valijson::ValidationResults::Error& error : results) {
    if (IsConsequence(error.description)) continue;
    const Spot spot = Locate(error.context, value, schema);
    if (absl::StartsWith(error.description, "Missing required property")) {
      violations.push_back(Missing(spot, NameIn(error.description)));
    } else if (absl::StartsWith(error.description, "Object contains a property that could not")) {
      AddUnknown(spot, NameIn(error.description), violations);
    } else if (std::none_of(violations.begin(), violations.end(), [&](const Violation& v) {
                 return v.code == "BAD_PROPERTY" && v.pointer == spot.pointer;
               })) {
      violations.push_back(Bad(spot, error.description));
    }
  }
  if (violations.empty()) {
    violations.push_back(Bad({"", "", &value, nullptr}, "it is not among what is allowed"));
  }
  return violations;
}

Violation BadSchema(absl::string_view why) {
  return {.code = "BAD_SCHEMA",
          .message = absl::StrCat("the type's own schema cannot be used: ", why),
          .hint = "this is a defect of the type's provider"};
}

}  // namespace

std::vector<Violation> Validate(const json::value& value, const json::value& schema) {
  using valijson::adapters::BoostJsonAdapter;
  static const auto& kEmptyObject =
      *new json::value({{"type", "object"}, {"additionalProperties", false}});
  if (schema.is_null()) return Validate(value, kEmptyObject);
  if (const absl::Status usable = CheckReferences(schema); !usable.ok()) {
    return {BadSchema(usable.message())};
  }
  if (std::optional<std::string> pointer = FindUnmatchable(value, schema)) {
    return {{.pointer = *std::move(pointer),
             .code = "LIMIT",
             .message = absl::StrCat("a text of a type whose schema has patterns is at most ",
                                     kMaxMatchedBytes, " bytes long")}};
  }
  try {
    valijson::Schema parsed;
    valijson::SchemaParser parser;
    parser.populateSchema(BoostJsonAdapter(schema), parsed);
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(parsed, BoostJsonAdapter(value), &results)) return {};
    return Translate(results, value, schema);
  } catch (const std::exception& e) {
    return {BadSchema(e.what())};
  }
}

}  // namespace weft::resolve
