#include "core/merge/remove_leaf.h"

#include <algorithm>

#include "core/merge/element_keys.h"
#include "core/merge/object_schema.h"
#include "core/merge/pointer.h"

namespace weft::merge {
namespace {

// A place on the way down, with what is known of it.
struct Place {
  json::value* value = nullptr;    // Null: there is none.
  const Schema* schema = nullptr;  // Of an object.
};

json::array::iterator FindElement(json::array& list, const SchemaField& field,
                                  const std::vector<KeyValue>& element) {
  return std::ranges::find_if(list, [&](const json::value& candidate) {
    const auto keys = KeysOf(field.keys, candidate);
    return keys.ok() && *keys == element;
  });
}

// Goes one step down, or, with `remove`, removes what is there; then `value` says whether it was.
Place Go(const Place& at, const Step& step, bool remove) {
  json::object* parent = at.value->if_object();
  json::value* child = parent == nullptr ? nullptr : parent->if_contains(step.field);
  if (child == nullptr) return {};
  const SchemaField* field = at.schema == nullptr ? nullptr : at.schema->Find(step.field);
  if (!step.element.empty()) {
    json::array* list = child->if_array();
    if (list == nullptr || field == nullptr) return {};
    const json::array::iterator element = FindElement(*list, *field, step.element);
    if (element == list->end()) return {};
    if (!remove) return {&*element, field->schema};
    list->erase(element);
    return at;
  }
  if (!remove) return {child, field == nullptr ? nullptr : field->schema};
  parent->erase(step.field);
  return at;
}

// Whether the last step is to what names the list element before it.
bool IsElementKey(const Pointer& steps) {
  if (steps.size() < 2 || !steps.back().element.empty()) return false;
  const std::vector<KeyValue>& keys = steps[steps.size() - 2].element;
  return std::ranges::any_of(keys,
                             [&](const KeyValue& key) { return key.key == steps.back().field; });
}

}  // namespace

json::value* FindLeaf(const std::string& api_version, const std::string& kind,
                      const std::string& pointer, json::value& object) {
  const absl::StatusOr<Pointer> steps = ParsePointer(pointer);
  if (!steps.ok() || steps->empty()) return nullptr;
  Place at{&object, FindSchema(api_version, kind)};
  for (size_t i = 0; i < steps->size() && at.value != nullptr; ++i) at = Go(at, (*steps)[i], false);
  return at.value;
}

bool RemoveLeaf(const std::string& api_version, const std::string& kind, const std::string& pointer,
                json::value& object) {
  absl::StatusOr<Pointer> steps = ParsePointer(pointer);
  if (!steps.ok() || steps->empty()) return false;
  if (IsElementKey(*steps)) steps->pop_back();
  Place at{&object, FindSchema(api_version, kind)};
  for (size_t i = 0; i < steps->size() && at.value != nullptr; ++i)
    at = Go(at, (*steps)[i], i + 1 == steps->size());
  return at.value != nullptr;
}

}  // namespace weft::merge
