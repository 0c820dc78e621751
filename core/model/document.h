#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/model/application.h"
#include "core/model/component.h"
#include "core/model/diagnostic.h"

// OAM documents as plain values. OAM versions meet in the decoder and nowhere later.
namespace weft::model {

struct Position {
  int line = 0;    // From 1; 0: none.
  int column = 0;  // Counts characters, from 1.
};

// Where everything of one YAML or JSON document stands. Immutable.
class SourceMap {
 public:
  virtual ~SourceMap() = default;
  // The place of the value at `pointer` (RFC 6901); of the nearest enclosing value that has one if
  // that does not exist.
  virtual Position Value(std::string_view pointer) const = 0;
  // The place of the key of the object member at `pointer`; of the value where it is an element of
  // a list.
  virtual Position Key(std::string_view pointer) const = 0;
};

// One decoded document. `value`'s vectors stand in the document's order, so that an element's index
// is that of its pointer: components[i] stands at /spec/components/i.
struct Document {
  std::string name;  // Of the file, as given.
  std::variant<ComponentSchematic, ApplicationConfiguration> value;
  std::string canonical;  // The whole document as canonical JSON, with its namespace filled in:
                          // what a revision is of.
  std::shared_ptr<const SourceMap> source;

  const Metadata& metadata() const;
  std::string kind() const;  // "ComponentSchematic", "ApplicationConfiguration"
};

// A diagnostic at `pointer` of `document`: at the key (for a key that is wrong) or at the value.
// The caller fills in code, message and the rest.
enum class At { kKey, kValue };
Diagnostic Place(const Document& document, std::string_view pointer, At at);

}  // namespace weft::model
