#include "core/model/object_reader.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/model/names.h"
#include "core/model/text.h"

namespace weft::model {

const NameRule kOamName{IsOamName, kOamNameRule};
const NameRule kDnsLabel{IsDnsLabel, kDnsLabelRule};
const NameRule kPortName{IsPortName, kPortNameRule};
const NameRule kEnvironmentName{IsEnvironmentName, kEnvironmentNameRule};

namespace {

absl::string_view View(std::string_view s) { return {s.data(), s.size()}; }

std::string Describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
    case Node::Kind::kScalar:
      break;
  }
  return node.plain && TypeOfPlain(node.text) != PlainType::kString ? node.text : Quoted(node.text);
}

}  // namespace

ObjectReader::ObjectReader(Reading& reading, const Node& node, std::string pointer,
                           std::string_view what)
    : reading_(reading), node_(node), pointer_(std::move(pointer)), what_(what) {}

bool ObjectReader::Has(std::string_view field) const {
  const Member* member = node_.Find(field);
  return member != nullptr && member->value->kind != Node::Kind::kNull;
}

std::vector<std::string> ObjectReader::Fields() const {
  std::vector<std::string> fields;
  for (const Member& member : node_.members) fields.push_back(member.key);
  return fields;
}

std::string ObjectReader::PointerOf(std::string_view field) const {
  return pointer_ + json::PointerToken(field);
}

Position ObjectReader::PlaceOf(std::string_view field) const {
  const Member* member = node_.Find(field);
  return member == nullptr ? node_.place : member->value->place;
}

Position ObjectReader::KeyPlaceOf(std::string_view field) const {
  const Member* member = node_.Find(field);
  return member == nullptr ? node_.place : member->place;
}

const Node* ObjectReader::Take(std::string_view field, Need need) {
  Known(field);
  const Member* member = node_.Find(field);
  if (member != nullptr && member->value->kind != Node::Kind::kNull) return member->value.get();
  if (member != nullptr) reading_.Drop(PointerOf(field));
  if (need == Need::kOptional) return nullptr;
  const std::string message = absl::StrCat(what_, " needs \"", View(field), "\"");
  if (member == nullptr) {
    Lacks({std::string(field)}, message).hint = absl::StrCat("add \"", View(field), "\"");
  } else {
    reading_.Error(member->place, PointerOf(field), "MISSING_FIELD", message).hint =
        absl::StrCat("give \"", View(field), "\" a value");
  }
  return nullptr;
}

bool ObjectReader::Expect(const Node& node, Node::Kind kind, const std::string& pointer,
                          std::string_view expected) {
  if (node.kind == kind) return true;
  Diagnostic& error =
      reading_.Error(node.place, pointer, "WRONG_TYPE",
                     absl::StrCat("expected ", View(expected), ", found ", Describe(node)));
  error.found = Describe(node);
  error.expected = expected;
  return false;
}

bool ObjectReader::ReadString(const Node& node, const std::string& pointer, std::string& out,
                              bool verbatim) {
  if (!Expect(node, Node::Kind::kScalar, pointer, "a string")) return false;
  const PlainType type = node.plain ? TypeOfPlain(node.text) : PlainType::kString;
  if (node.plain && type == PlainType::kString && Yaml11Boolean(node.text)) {
    reading_.Value(node, pointer);  // Reports it.
    return false;
  }
  if (type != PlainType::kString && !verbatim) {
    Diagnostic& error = reading_.Error(
        node.place, pointer, "WRONG_TYPE",
        absl::StrCat("expected a string, found the ",
                     type == PlainType::kBoolean ? "boolean " : "number ", node.text));
    error.found = node.text;
    error.expected = "a string";
    error.hint = absl::StrCat("write \"", node.text, "\" in quotes if a string is meant");
    return false;
  }
  if (type != PlainType::kString) {
    reading_.Rewrite(pointer, json::value(boost::json::string_view(node.text)));
  }
  out = node.text;
  return true;
}

bool ObjectReader::String(std::string_view field, std::string& out, Need need) {
  const Node* node = Take(field, need);
  if (node == nullptr || !ReadString(*node, PointerOf(field), out, false)) return false;
  if (!out.empty() || need == Need::kOptional) return true;
  reading_.Error(node->place, PointerOf(field), "MISSING_FIELD",
                 absl::StrCat("\"", View(field), "\" of ", what_, " may not be empty"));
  return false;
}

void ObjectReader::Name(std::string_view field, std::string& out, const NameRule& rule, Need need) {
  if (!String(field, out, need) || rule.matches(out)) return;
  Diagnostic& error =
      reading_.Error(PlaceOf(field), PointerOf(field), "BAD_NAME",
                     absl::StrCat(Quoted(out), " is not a valid name: ", rule.words));
  error.found = Quoted(out);
  error.expected = rule.words;
  const std::string valid =
      absl::StrReplaceAll(absl::AsciiStrToLower(out), {{"_", "-"}, {".", "-"}, {" ", "-"}});
  if (rule.matches(valid)) error.hint = absl::StrCat("write \"", valid, "\"");
}

void ObjectReader::OneOf(std::string_view field, std::string& out,
                         const std::vector<std::string>& allowed, Need need) {
  std::string found;
  if (!String(field, found, need)) return;
  if (IsOneOf(found, allowed, PlaceOf(field), PointerOf(field),
              absl::StrCat("\"", View(field), "\" of ", what_)))
    out = found;
}

bool ObjectReader::IsOneOf(const std::string& found, const std::vector<std::string>& allowed,
                           Position place, const std::string& pointer, const std::string& subject) {
  if (std::find(allowed.begin(), allowed.end(), found) != allowed.end()) return true;
  Diagnostic& error = reading_.Error(
      place, pointer, "BAD_VALUE",
      absl::StrCat(subject, " is ", Quoted(found), ", expected ", absl::StrJoin(allowed, " or ")));
  error.found = Quoted(found);
  error.expected = absl::StrJoin(allowed, ", ");
  const std::string nearest = Nearest(found, allowed);
  if (!nearest.empty()) error.hint = absl::StrCat("write ", nearest);
  return false;
}

bool ObjectReader::Text(std::string_view field, std::optional<std::string>& out) {
  const Node* node = Take(field, Need::kOptional);
  std::string text;
  if (node == nullptr || !ReadString(*node, PointerOf(field), text, true)) return false;
  out = std::move(text);
  return true;
}

bool ObjectReader::ReadStrings(std::string_view field, std::vector<std::string>& out,
                               bool verbatim) {
  const Node* node = Take(field, Need::kOptional);
  if (node == nullptr || !Expect(*node, Node::Kind::kList, PointerOf(field), "a list"))
    return false;
  for (size_t i = 0; i < node->items.size(); ++i) {
    ReadString(*node->items[i], absl::StrCat(PointerOf(field), "/", i), out.emplace_back(),
               verbatim);
  }
  return true;
}

bool ObjectReader::Texts(std::string_view field, std::vector<std::string>& out) {
  return ReadStrings(field, out, true);
}

void ObjectReader::Strings(std::string_view field, std::vector<std::string>& out) {
  ReadStrings(field, out, false);
}

void ObjectReader::EachOneOf(std::string_view field, std::vector<std::string>& out,
                             const std::vector<std::string>& allowed) {
  const Node* node = Take(field, Need::kOptional);
  if (node == nullptr || !Expect(*node, Node::Kind::kList, PointerOf(field), "a list")) return;
  for (size_t i = 0; i < node->items.size(); ++i) {
    const std::string pointer = absl::StrCat(PointerOf(field), "/", i);
    std::string found;
    if (ReadString(*node->items[i], pointer, found, false) &&
        IsOneOf(found, allowed, node->items[i]->place, pointer,
                absl::StrCat("one of \"", View(field), "\" of ", what_)))
      out.push_back(found);
  }
}

void ObjectReader::TextMap(std::string_view field, std::map<std::string, std::string>& out) {
  const Node* node = Take(field, Need::kOptional);
  if (node == nullptr || !Expect(*node, Node::Kind::kMap, PointerOf(field), "a map")) return;
  for (const Member& member : node->members) {
    ReadString(*member.value, PointerOf(field) + json::PointerToken(member.key), out[member.key],
               true);
  }
}

void ObjectReader::Boolean(std::string_view field, bool& out) {
  const Node* node = Take(field, Need::kOptional);
  if (node == nullptr) return;
  const std::string pointer = PointerOf(field);
  const std::optional<bool> value =
      node->kind == Node::Kind::kScalar && node->plain ? Yaml11Boolean(node->text) : std::nullopt;
  if (value) {
    out = *value;
    reading_.Rewrite(pointer, json::value(*value));
    return;
  }
  Diagnostic& error =
      reading_.Error(node->place, pointer, "WRONG_TYPE",
                     absl::StrCat("expected true or false, found ", Describe(*node)));
  error.found = Describe(*node);
  error.expected = "true or false";
  if (node->kind == Node::Kind::kScalar && Yaml11Boolean(node->text)) {
    error.hint = absl::StrCat("write ", node->text, " without quotes");
  }
}

bool ObjectReader::Integer(std::string_view field, int& out, int lowest, int highest, Need need) {
  const Node* node = Take(field, need);
  if (node == nullptr) return false;
  const std::string expected = absl::StrCat("an integer from ", lowest, " to ", highest);
  const bool number = node->kind == Node::Kind::kScalar && node->plain &&
                      TypeOfPlain(node->text) == PlainType::kInteger;
  if (number) {
    const absl::StatusOr<json::value> value = ScalarValue(*node);
    if (value.ok() && value->is_int64() && value->get_int64() >= lowest &&
        value->get_int64() <= highest) {
      out = static_cast<int>(value->get_int64());
      return true;
    }
  }
  Diagnostic& error =
      reading_.Error(node->place, PointerOf(field), number ? "BAD_VALUE" : "WRONG_TYPE",
                     absl::StrCat("\"", View(field), "\" of ", what_, " is ", Describe(*node),
                                  ", expected ", expected));
  error.found = Describe(*node);
  error.expected = expected;
  error.hint = UnquoteHint(*node);
  return false;
}

void ObjectReader::Quantity(std::string_view field, int64_t& out,
                            absl::StatusOr<int64_t> (*parse)(std::string_view), Need need) {
  const Node* node = Take(field, need);
  if (node == nullptr) return;
  const std::string pointer = PointerOf(field);
  if (!Expect(*node, Node::Kind::kScalar, pointer, "an amount")) return;
  const absl::StatusOr<int64_t> amount = parse(node->text);
  if (amount.ok()) {
    out = *amount;
    return;
  }
  reading_.Error(node->place, pointer, "BAD_QUANTITY", std::string(amount.status().message()))
      .found = Quoted(node->text);
}

}  // namespace weft::model
