#include "core/merge/part_writer.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/merge/element_keys.h"

namespace weft::merge {
namespace {

// The pointers of all leaves of a part, together. A part of 1 MiB with fields as Kubernetes has
// them stays far below; long names above many leaves would make the owners larger than memory.
constexpr size_t kPointerBytes = 16 * 1024 * 1024;

std::string Quoted(const std::string& text) { return absl::StrCat("\"", text, "\""); }

// How many arrays and objects are nested in `value`, counted up to `limit`.
int Depth(const json::value& value, int limit) {
  if (limit == 0 || !value.is_structured()) return 0;
  int below = 0;
  if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) below = std::max(below, Depth(element, limit - 1));
  } else {
    for (const auto& member : value.get_object()) {
      below = std::max(below, Depth(member.value(), limit - 1));
    }
  }
  return below + 1;
}

// How many arrays and objects are around the place that `pointer` names.
int Depth(const Pointer& pointer) {
  int depth = 0;
  for (const Step& step : pointer) depth += step.element.empty() ? 1 : 2;
  return depth;
}

bool Names(const std::vector<KeyValue>& element, std::span<const ListKey> keys) {
  return std::ranges::equal(element, keys, {}, &KeyValue::key, &ListKey::name);
}

// Appends a token to a pointer for as long as it lives.
class Below {
 public:
  Below(std::string& pointer, Form form, std::string_view key)
      : pointer_(pointer), length_(pointer.size()) {
    AppendToken(form, key, pointer_);
  }
  ~Below() { pointer_.resize(length_); }
  Below(const Below&) = delete;
  Below& operator=(const Below&) = delete;

 private:
  std::string& pointer_;
  const size_t length_;
};

}  // namespace

void PartWriter::Write(const Part& part) {
  pointer_.clear();
  pointer_bytes_ = 0;
  replacement_ = nullptr;
  Place at = Root();
  if (part.operation == Operation::kRemove) at.node = nullptr;
  Propose(at, Form::kObject, nullptr);
  absl::StatusOr<Pointer> pointer = ParsePointer(part.pointer);
  if (!pointer.ok()) {
    pointer_ = part.pointer;
    return Bad(kBadPointer, std::string(pointer.status().message()));
  }
  const int limit = json::kMaxDepth - Depth(*pointer);
  if (limit < 0 || Depth(part.value, limit + 1) > limit) {
    pointer_ = part.pointer;
    return Bad(kBadPart, absl::StrCat("is nested deeper than ", json::kMaxDepth));
  }
  const Part* replacement = part.operation == Operation::kReplace ? &part : nullptr;
  if (!Descend(*pointer, replacement, at)) return;
  replacement_ = replacement;
  if (part.operation != Operation::kMerge && !Remove(at, *pointer)) return;
  if (part.operation == Operation::kRemove) return;
  if (part.steering.has_value()) return Steer(at, *part.steering);
  WriteValue(at, part.value);
}

PartWriter::Place PartWriter::Root() {
  Place root;
  root.where = Where::kRoot;
  root.node = &root_;
  root.grant = grants_.At(object_);
  root.schema = FindSchema(object_.api_version, object_.kind);
  return root;
}

const std::string* PartWriter::Identity(const Place& at, std::string_view name) const {
  if (at.where == Where::kRoot && name == "apiVersion") return &object_.api_version;
  if (at.where == Where::kRoot && name == "kind") return &object_.kind;
  if (at.where == Where::kMetadata && name == "namespace") return &object_.name_space;
  if (at.where == Where::kMetadata && name == "name") return &object_.name;
  return nullptr;
}

PartWriter::Place PartWriter::Field(const Place& at, std::string_view name) {
  Place field;
  field.grant = at.grant.Field(name);
  field.fixed = Identity(at, name);
  if (field.fixed != nullptr) {
    field.where = Where::kIdentity;
    return field;
  }
  if (at.where == Where::kRoot && name == "metadata") field.where = Where::kMetadata;
  if (at.node != nullptr) field.node = &at.node->Field(name);
  if (const SchemaField* known = at.schema == nullptr ? nullptr : at.schema->Find(name)) {
    field.schema = known->schema;
    field.keys = known->keys;
  }
  if (at.own != nullptr) {
    const auto key = std::ranges::find(*at.own, name, &KeyValue::key);
    if (key != at.own->end()) field.fixed = &key->value;
  }
  return field;
}

PartWriter::Place PartWriter::Element(const Place& at, const std::vector<KeyValue>& element) {
  const std::string token = ElementToken(element);
  Place place;
  if (at.node != nullptr) place.node = &at.node->Element(token);
  place.grant = at.grant.Element(token);
  place.schema = at.schema;
  place.own = &element;
  return place;
}

bool PartWriter::Descend(const Pointer& pointer, const Part* replacement, Place& at) {
  for (const Step& step : pointer) {
    if (!at.keys.empty()) {
      Bad(kBadPointer, absl::StrCat("is a list: which element is said as ", ElementForm(at.keys)));
      return false;
    }
    if (at.fixed != nullptr) {
      Bad(kBadPointer, "nothing stands below it");
      return false;
    }
    Propose(at, Form::kObject, nullptr);
    AppendFieldToken(step.field, pointer_);
    at = Field(at, step.field);
    const Part* here = &step == &pointer.back() ? replacement : nullptr;
    if (!step.element.empty() && !DescendToElement(step.element, here, at)) return false;
  }
  return true;
}

bool PartWriter::DescendToElement(const std::vector<KeyValue>& element, const Part* replacement,
                                  Place& at) {
  if (!Names(element, at.keys)) {
    Bad(kBadPointer, at.keys.empty()
                         ? "is not known as a list whose elements have keys"
                         : absl::StrCat("its elements are named as ", ElementForm(at.keys)));
    return false;
  }
  Propose(at, Form::kList, nullptr);
  const std::span<const ListKey> keys = at.keys;
  pointer_ += ElementToken(element);
  at = Element(at, element);
  replacement_ = replacement;
  const bool is_new =
      replacement != nullptr || (at.node != nullptr && at.node->form == Form::kNone);
  if (is_new) WriteKeys(at, keys);
  return true;
}

// A new element that is only named by a pointer gets its keys from there.
void PartWriter::WriteKeys(const Place& at, std::span<const ListKey> keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string& text = (*at.own)[i].value;
    if (keys[i].when_absent != nullptr && text == keys[i].when_absent) continue;
    absl::StatusOr<json::value> value = KeyField(keys[i], text);
    if (!value.ok()) return Bad(kBadPointer, std::string(value.status().message()));
    made_.push_back(*std::move(value));
    Propose(at, Form::kObject, nullptr);
    const Below below(pointer_, Form::kObject, keys[i].name);
    WriteLeaf(Field(at, keys[i].name), Form::kLeaf, made_.back());
  }
}

void PartWriter::WriteValue(const Place& at, const json::value& value) {
  if (at.fixed != nullptr) return WriteFixed(at, value);
  if (!at.keys.empty()) return WriteList(at, value);
  if (value.is_object()) return WriteObject(at, value);
  if (at.where != Where::kBody || at.own != nullptr) return Bad(kBadPart, "must be an object");
  WriteLeaf(at, Form::kLeaf, value);
}

void PartWriter::WriteFixed(const Place& at, const json::value& value) {
  if (TextOf(value) != *at.fixed) {
    return Bad(kBadPart,
               absl::StrCat("is ", Quote(value), " where only ", Quoted(*at.fixed), " may stand"));
  }
  if (at.where != Where::kIdentity) WriteLeaf(at, Form::kLeaf, value);
}

void PartWriter::WriteObject(const Place& at, const json::value& value) {
  const json::object& object = value.get_object();
  // The identity is in every object, so the places around it are never empty, and anyone may repeat
  // it.
  const bool around_identity = at.where != Where::kBody;
  if (object.empty() && !around_identity) return WriteLeaf(at, Form::kObject, value);
  if (at.grant.nothing() && !around_identity) return NotPermitted();
  Propose(at, Form::kObject, nullptr);
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    const Below below(pointer_, Form::kObject, name);
    WriteValue(Field(at, name), member.value());
  }
}

void PartWriter::WriteList(const Place& at, const json::value& value) {
  const json::array* array = value.if_array();
  if (array == nullptr) return Bad(kBadPart, "must be a list");
  if (array->empty()) return WriteLeaf(at, Form::kList, value);
  if (at.grant.nothing()) return NotPermitted();
  Propose(at, Form::kList, nullptr);
  absl::flat_hash_set<std::string> seen;
  for (const json::value& element : *array) {
    absl::StatusOr<std::vector<KeyValue>> keys = KeysOf(at.keys, element);
    if (!keys.ok()) {
      Bad(kBadPart, std::string(keys.status().message()));
      continue;
    }
    const auto [token, is_new] = seen.insert(ElementToken(*keys));
    const Below below(pointer_, Form::kList, *token);
    if (!is_new) {
      Bad(kBadPart, "stands twice in the list");
      continue;
    }
    WriteObject(Element(at, *keys), element);
  }
}

void PartWriter::WriteLeaf(const Place& at, Form form, const json::value& value) {
  if (!at.grant.may_add()) return NotPermitted();
  if (pointer_bytes_ > kPointerBytes) return;
  pointer_bytes_ += pointer_.size();
  if (pointer_bytes_ > kPointerBytes) {
    return Bad(kBadPart, "has too many leaves below names that are too long");
  }
  Propose(at, form, &value);
}

void PartWriter::Steer(const Place& at, Steering steering) {
  if (at.where != Where::kBody || at.own != nullptr || at.fixed != nullptr || !at.keys.empty())
    return Bad(kBadPart, "is no leaf, so it cannot be steered");
  if (!at.grant.may_steer())
    return Bad(kNotPermitted, absl::StrCat(owner_, " steers this without permission"));
  at.node->marks.push_back({&owner_, steering});
}

bool PartWriter::Remove(const Place& at, const Pointer& pointer) {
  if (at.where != Where::kBody || at.fixed != nullptr) {
    Bad(kBadPart, "has in it what the object or an element is named by, so it cannot be removed");
    return false;
  }
  if (!at.grant.may_remove()) {
    Bad(kNotPermitted, absl::StrCat(owner_, " removes this without permission"));
    return false;
  }
  std::vector<std::string> path;
  for (const Step& step : pointer) {
    path.push_back(step.field);
    if (!step.element.empty()) path.push_back(ElementToken(step.element));
  }
  removals_.push_back({&owner_, replacement_, std::move(path), pointer_});
  return true;
}

void PartWriter::Propose(const Place& at, Form form, const json::value* value) {
  if (at.node != nullptr) at.node->Propose({&owner_, form, value, at.grant, replacement_});
}

void PartWriter::Bad(const char* code, const std::string& what) {
  problems_.Add(code, owner_, object_, pointer_, what);
}

void PartWriter::NotPermitted() {
  Bad(kNotPermitted, absl::StrCat(owner_, " writes here without permission"));
}

}  // namespace weft::merge
