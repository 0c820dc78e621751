#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/text.h"

namespace weft::model {

// A text as yaml-cpp can read it, and the way back to the places of the original. YAML's escapes
// know no surrogate pairs, JSON's do ("\ud83d\ude00"): in a JSON text they are written out.
// Refers to the original text.
class YamlSource {
 public:
  explicit YamlSource(std::string_view original);

  const std::string& text() const { return text_; }

  // The place in the original of the byte of text() at `offset`.
  Position At(size_t offset) const;

 private:
  TextIndex index_;
  std::string text_;
  std::vector<std::pair<size_t, size_t>> edits_;  // From here on in text(): bytes to add.
};

}  // namespace weft::model
