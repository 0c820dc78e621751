#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/json.h"
#include "core/model/document.h"
#include "core/model/yaml_tree.h"

// Reads typed values out of a tree, strictly, with every problem at its place.
namespace weft::model {

// One document while it is decoded: its diagnostics, and what its canonical form says otherwise
// than its text.
class Reading {
 public:
  Reading(std::string document, Diagnostics& out) : document_(std::move(document)), out_(out) {}

  // Adds a diagnostic, to be completed by the caller before the next is added.
  Diagnostic& Add(Severity severity, Position place, std::string pointer, std::string code,
                  std::string message) {
    return out_.emplace_back(
        New(severity, place, std::move(pointer), std::move(code), std::move(message)));
  }
  void Add(Diagnostic diagnostic) { out_.push_back(std::move(diagnostic)); }
  // How many there are so far.
  size_t size() const { return out_.size(); }
  Diagnostic New(Severity severity, Position place, std::string pointer, std::string code,
                 std::string message) const;
  Diagnostic& Error(Position place, std::string pointer, std::string code, std::string message) {
    return Add(Severity::kError, place, std::move(pointer), std::move(code), std::move(message));
  }

  // `pointer` reads as `value`, whatever stands there; or is left out of the canonical form.
  void Rewrite(const std::string& pointer, json::value value) {
    rewrites_[pointer] = std::move(value);
  }
  void Drop(const std::string& pointer) { dropped_.insert(pointer); }

  // The value of `node`, at `pointer`, with what was said by Rewrite and Drop. A YAML 1.1 boolean
  // and a number that JSON cannot hold are errors.
  json::value Value(const Node& node, const std::string& pointer);

 private:
  json::value Scalar(const Node& node, const std::string& pointer);

  const std::string document_;
  Diagnostics& out_;
  std::map<std::string, json::value> rewrites_;
  std::set<std::string> dropped_;
};

enum class Need { kOptional, kRequired };

// A rule for a string, and its words for messages.
struct NameRule {
  bool (*matches)(std::string_view name);
  const char* words;
};
extern const NameRule kOamName;
extern const NameRule kDnsLabel;
extern const NameRule kPortName;
extern const NameRule kEnvironmentName;

// The fields of one map. Each call reads one field if it is there and remembers its name; a null
// counts as not there. Finish reports the fields that no call asked for. `what` says in messages
// what the map is: "a container".
class ObjectReader {
 public:
  ObjectReader(Reading& reading, const Node& node, std::string pointer, std::string_view what);

  // Whether the field is there, and whether it is there and not null.
  bool Contains(std::string_view field) const { return node_.Find(field) != nullptr; }
  bool Has(std::string_view field) const;
  // All of them, in order: of a map whose keys are names.
  std::vector<std::string> Fields() const;
  Position place() const { return node_.place; }
  const std::string& pointer() const { return pointer_; }
  std::string PointerOf(std::string_view field) const;
  // Of the field's value; of the map where there is no such field.
  Position PlaceOf(std::string_view field) const;
  Position KeyPlaceOf(std::string_view field) const;
  Reading& reading() { return reading_; }

  // A string; an unquoted number or boolean is an error.
  bool String(std::string_view field, std::string& out, Need need = Need::kOptional);
  void Name(std::string_view field, std::string& out, const NameRule& rule,
            Need need = Need::kOptional);
  void OneOf(std::string_view field, std::string& out, const std::vector<std::string>& allowed,
             Need need = Need::kOptional);
  // A string in which an unquoted number or boolean stands for its own text.
  bool Text(std::string_view field, std::optional<std::string>& out);
  // True if the field is there and a list.
  bool Texts(std::string_view field, std::vector<std::string>& out);
  void Strings(std::string_view field, std::vector<std::string>& out);
  // A list of strings, each one of `allowed`; the others are errors.
  void EachOneOf(std::string_view field, std::vector<std::string>& out,
                 const std::vector<std::string>& allowed);
  void TextMap(std::string_view field, std::map<std::string, std::string>& out);
  void Boolean(std::string_view field, bool& out);
  bool Integer(std::string_view field, int& out, int lowest, int highest,
               Need need = Need::kOptional);
  // An amount, quoted or not, read by `parse`.
  void Quantity(std::string_view field, int64_t& out,
                absl::StatusOr<int64_t> (*parse)(std::string_view), Need need = Need::kOptional);
  // Any value; of the declared OAM type `type` ("string", "number" ...) unless that is empty.
  void Json(std::string_view field, std::optional<json::value>& out, const std::string& type = "");
  // An object; absent: an empty one.
  void JsonObject(std::string_view field, json::value& out);
  // A field that is known and has no meaning here: a note.
  void Ignore(std::string_view field, std::string_view why);
  // A field that was dealt with by the caller.
  void Known(std::string_view field) { known_.emplace_back(field); }
  // One of `fields` is needed and none is there. Finish reports it, unless one of them is there
  // misspelt. To be completed by the caller before the next.
  Diagnostic& Lacks(std::vector<std::string> fields, std::string message);

  // A map read by `read`.
  void Object(std::string_view field, std::string_view what,
              const std::function<void(ObjectReader&)>& read, Need need = Need::kOptional);
  // A list of maps, each read by `read` into one more element of `out`. False if the field is there
  // and not a list.
  template <class T>
  bool List(std::string_view field, std::string_view what, std::vector<T>& out,
            void (*read)(ObjectReader&, T&)) {
    return Each(field, what, [&](ObjectReader& element) { read(element, out.emplace_back()); });
  }
  bool Each(std::string_view field, std::string_view what,
            const std::function<void(ObjectReader&)>& read);
  // Reports the second of equal names in the list `field`; `names` are those of its elements.
  void Unique(std::string_view field, std::string_view name_field,
              const std::vector<std::string>& names);

  void Finish();

 private:
  const Node* Take(std::string_view field, Need need);
  bool Expect(const Node& node, Node::Kind kind, const std::string& pointer,
              std::string_view expected);
  bool ReadString(const Node& node, const std::string& pointer, std::string& out, bool verbatim);
  bool ReadStrings(std::string_view field, std::vector<std::string>& out, bool verbatim);
  // Whether `found` is one of `allowed`; an error at `place` if not.
  bool IsOneOf(const std::string& found, const std::vector<std::string>& allowed, Position place,
               const std::string& pointer, const std::string& subject);

  struct Absence {
    std::vector<std::string> fields;
    Diagnostic error;
  };

  Reading& reading_;
  const Node& node_;
  const std::string pointer_;
  const std::string what_;
  std::vector<std::string> known_;
  std::vector<Absence> absences_;
};

}  // namespace weft::model
