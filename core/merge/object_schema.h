#pragma once

#include <span>
#include <string_view>

// What merging must know of the kinds of Kubernetes: by which keys the elements of a list of
// objects are told apart, and of which fields only one may stand. All else needs no schema: objects
// merge field by field, and any other list is a leaf. The table stands in object_schema.cc, and for
// people in docs/merge.md.
namespace weft::merge {

// A field that tells the elements of a list apart.
struct ListKey {
  std::string_view name;
  bool integer = false;               // The field is an integer, else a string.
  const char* when_absent = nullptr;  // What an element without the field means; null: it needs it.
};

struct Schema;

// A field that is a list whose elements have keys and look like `schema`, or, without keys, an
// object that looks like `schema`.
struct SchemaField {
  std::string_view name;
  std::span<const ListKey> keys;
  const Schema* schema = nullptr;  // Null: nothing is known of what is below.
};

// An object. Fields that are not named have nothing that merging must know.
struct Schema {
  std::span<const SchemaField> fields;
  std::span<const std::string_view> arms;  // Of these fields at most one may stand.

  const SchemaField* Find(std::string_view field) const;  // Or null.
  bool IsArm(std::string_view field) const;
};

// What is known of the objects of a kind, or null. Lives for ever.
const Schema* FindSchema(std::string_view api_version, std::string_view kind);

}  // namespace weft::merge
