#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/document.h"

namespace weft::model {

// Finds lines and columns in a text. yaml-cpp's own columns count bytes; people count characters.
// Immutable; it refers to the text.
class TextIndex {
 public:
  explicit TextIndex(std::string_view text);

  // The place of the byte at `offset` (clamped to the text). Takes constant time.
  Position At(size_t offset) const;

 private:
  std::string_view text_;
  std::vector<Position> checkpoints_;  // Of every kStride-th byte.
};

// The offset of the first byte of `text` that is not part of valid UTF-8 or is a control character
// that YAML forbids even in quotes (YAML 1.2, section 5.1), if there is one.
std::optional<size_t> FindForbiddenByte(std::string_view text);

// `text` for a message: in double quotes, control characters escaped, cut after 60 characters.
std::string Quoted(std::string_view text);

}  // namespace weft::model
