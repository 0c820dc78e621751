#include "core/model/document.h"

namespace weft::model {

bool IsOfType(const json::value& value, const std::string& type) {
  if (type == "boolean") return value.is_bool();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return type == "null" && value.is_null();
}

const Metadata& Document::metadata() const {
  return std::visit([](const auto& document) -> const Metadata& { return document.metadata; },
                    value);
}

std::string Document::kind() const {
  return std::holds_alternative<ComponentSchematic>(value) ? "ComponentSchematic"
                                                           : "ApplicationConfiguration";
}

Diagnostic Place(const Document& document, std::string_view pointer, At at) {
  Diagnostic diagnostic;
  diagnostic.document = document.name;
  diagnostic.pointer = std::string(pointer);
  if (document.source == nullptr) return diagnostic;
  const Position position =
      at == At::kKey ? document.source->Key(pointer) : document.source->Value(pointer);
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  return diagnostic;
}

}  // namespace weft::model
