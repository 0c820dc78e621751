#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/model/object_reader.h"
#include "core/model/text.h"

// The parts of ObjectReader and Reading that deal with lists, maps and values of any shape.
namespace weft::model {
namespace {

absl::string_view View(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace

Diagnostic Reading::New(Severity severity, Position place, std::string pointer, std::string code,
                        std::string message) const {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.document = document_;
  diagnostic.pointer = std::move(pointer);
  diagnostic.line = place.line;
  diagnostic.column = place.column;
  return diagnostic;
}

json::value Reading::Scalar(const Node& node, const std::string& pointer) {
  if (node.plain && TypeOfPlain(node.text) == PlainType::kString && Yaml11Boolean(node.text)) {
    Diagnostic& error =
        Error(node.place, pointer, "YAML_BOOLEAN",
              absl::StrCat(node.text, " is a boolean in YAML 1.1 and a string in YAML 1.2"));
    error.found = node.text;
    error.hint = absl::StrCat("write \"", node.text, "\" in quotes for a string, or ",
                              *Yaml11Boolean(node.text) ? "true" : "false", " for a boolean");
    return nullptr;
  }
  absl::StatusOr<json::value> value = ScalarValue(node);
  if (value.ok()) return *std::move(value);
  Diagnostic& error =
      Error(node.place, pointer, "BAD_VALUE", std::string(value.status().message()));
  error.found = Quoted(node.text);
  error.hint = "write it in quotes if a string is meant";
  return nullptr;
}

json::value Reading::Value(const Node& node, const std::string& pointer) {
  if (const auto found = rewrites_.find(pointer); found != rewrites_.end()) return found->second;
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kScalar:
      return Scalar(node, pointer);
    case Node::Kind::kList: {
      json::array list;
      list.reserve(node.items.size());
      for (size_t i = 0; i < node.items.size(); ++i) {
        list.push_back(Value(*node.items[i], absl::StrCat(pointer, "/", i)));
      }
      return list;
    }
    case Node::Kind::kMap:
      break;
  }
  json::object map;
  for (const Member& member : node.members) {
    const std::string below = pointer + json::PointerToken(member.key);
    if (dropped_.contains(below)) continue;
    map[boost::json::string_view(member.key)] = Value(*member.value, below);
  }
  return map;
}

void ObjectReader::Json(std::string_view field, std::optional<json::value>& out,
                        const std::string& type) {
  // Of type null, the null is the value and not the absence of one.
  if (type == "null" && node_.Find(field) != nullptr && !Has(field)) {
    Known(field);
    out = nullptr;
    return;
  }
  if (type == "string" && Has(field) && node_.Find(field)->value->kind == Node::Kind::kScalar) {
    std::optional<std::string> text;
    if (Text(field, text)) out = json::value(boost::json::string_view(*text));
    return;
  }
  if (bool value = false; type == "boolean" && Has(field)) {
    Boolean(field, value);
    out = json::value(value);
    return;
  }
  const Node* node = Take(field, Need::kOptional);
  if (node == nullptr) return;
  const size_t before = reading_.size();
  out = reading_.Value(*node, PointerOf(field));
  if (type.empty() || reading_.size() != before || IsOfType(*out, type)) return;
  Diagnostic& error = reading_.Error(
      node->place, PointerOf(field), "WRONG_TYPE",
      absl::StrCat("\"", View(field), "\" of ", what_, " is not of its type, ", type));
  error.expected = type;
  error.hint = type == "number" ? UnquoteHint(*node) : "";
}

void ObjectReader::JsonObject(std::string_view field, json::value& out) {
  out = json::object();
  const Node* node = Take(field, Need::kOptional);
  if (node == nullptr || !Expect(*node, Node::Kind::kMap, PointerOf(field), "a map")) return;
  out = reading_.Value(*node, PointerOf(field));
}

void ObjectReader::Ignore(std::string_view field, std::string_view why) {
  Known(field);
  if (node_.Find(field) == nullptr) return;
  reading_.Drop(PointerOf(field));
  reading_.Add(Severity::kNote, KeyPlaceOf(field), PointerOf(field), "IGNORED_FIELD",
               absl::StrCat("\"", View(field), "\" is ignored: ", View(why)));
}

void ObjectReader::Object(std::string_view field, std::string_view what,
                          const std::function<void(ObjectReader&)>& read, Need need) {
  const Node* node = Take(field, need);
  if (node == nullptr || !Expect(*node, Node::Kind::kMap, PointerOf(field), "a map")) return;
  ObjectReader object(reading_, *node, PointerOf(field), what);
  read(object);
  object.Finish();
}

bool ObjectReader::Each(std::string_view field, std::string_view what,
                        const std::function<void(ObjectReader&)>& read) {
  // An element that is not a map is reported and read as an empty one, so that the indices of what
  // is read stay those of the document.
  Node empty;
  empty.kind = Node::Kind::kMap;
  const Node* list = Take(field, Need::kOptional);
  if (list == nullptr) return true;
  if (!Expect(*list, Node::Kind::kList, PointerOf(field), "a list")) return false;
  for (size_t i = 0; i < list->items.size(); ++i) {
    const std::string pointer = absl::StrCat(PointerOf(field), "/", i);
    const Node& item = *list->items[i];
    if (Expect(item, Node::Kind::kMap, pointer, "a map")) {
      ObjectReader element(reading_, item, pointer, what);
      read(element);
      element.Finish();
    } else {
      Diagnostics unused;
      Reading quiet("", unused);
      ObjectReader element(quiet, empty, pointer, what);
      read(element);
    }
  }
  return true;
}

void ObjectReader::Unique(std::string_view field, std::string_view name_field,
                          const std::vector<std::string>& names) {
  const Member* list = node_.Find(field);
  absl::flat_hash_map<std::string, Position> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const Node& item = *list->value->items[i];
    const Member* member = item.Find(name_field);
    const Position place = member == nullptr ? item.place : member->value->place;
    const auto [first, fresh] = seen.emplace(names[i], place);
    if (fresh) continue;
    Diagnostic& error =
        reading_.Error(place,
                       absl::StrCat(PointerOf(field), "/", i, member == nullptr ? "" : "/",
                                    member == nullptr ? "" : View(name_field)),
                       "DUPLICATE_NAME",
                       absl::StrCat(Quoted(names[i]), " stands twice in \"", View(field),
                                    "\", first in line ", first->second.line));
    error.found = Quoted(names[i]);
  }
}

Diagnostic& ObjectReader::Lacks(std::vector<std::string> fields, std::string message) {
  Diagnostic error =
      reading_.New(Severity::kError, node_.place, pointer_, "MISSING_FIELD", std::move(message));
  return absences_.emplace_back(Absence{std::move(fields), std::move(error)}).error;
}

void ObjectReader::Finish() {
  std::set<std::string> misspelt;
  for (const Member& member : node_.members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    Diagnostic& error = reading_.Error(member.place, PointerOf(member.key), "UNKNOWN_FIELD",
                                       absl::StrCat(what_, " has no field ", Quoted(member.key)));
    error.found = Quoted(member.key);
    const size_t colon = member.key.find(':');
    const std::string nearest = Nearest(member.key.substr(0, colon), known_);
    if (nearest.empty()) continue;
    error.hint = absl::StrCat("write \"", nearest, "\"");
    if (colon != std::string::npos) absl::StrAppend(&error.hint, " and a space after the colon");
    misspelt.insert(nearest);
  }
  for (Absence& absence : absences_) {
    if (std::none_of(absence.fields.begin(), absence.fields.end(),
                     [&](const std::string& field) { return misspelt.contains(field); }))
      reading_.Add(std::move(absence.error));
  }
  absences_.clear();
}

}  // namespace weft::model
