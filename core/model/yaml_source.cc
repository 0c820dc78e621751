#include "core/model/yaml_source.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <boost/json/parse.hpp>

#include "core/base/json.h"

namespace weft::model {
namespace {

constexpr size_t kPairBytes = 12;

bool IsJson(std::string_view text) {
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = json::kMaxDepth;
  boost::json::parse({text.data(), text.size()}, error, {}, options);
  return !error;
}

// The character that the surrogate pair at the start of `text` means, or 0.
uint32_t Surrogates(std::string_view text) {
  if (text.size() < kPairBytes || text[1] != 'u' || text[6] != '\\' || text[7] != 'u') return 0;
  const auto high = std::strtoul(std::string(text.substr(2, 4)).c_str(), nullptr, 16);
  const auto low = std::strtoul(std::string(text.substr(8, 4)).c_str(), nullptr, 16);
  if (high < 0xD800 || high > 0xDBFF || low < 0xDC00 || low > 0xDFFF) return 0;
  return static_cast<uint32_t>(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
}

void AppendUtf8(uint32_t character, std::string& out) {
  out.push_back(static_cast<char>(0xF0 | character >> 18));
  out.push_back(static_cast<char>(0x80 | (character >> 12 & 0x3F)));
  out.push_back(static_cast<char>(0x80 | (character >> 6 & 0x3F)));
  out.push_back(static_cast<char>(0x80 | (character & 0x3F)));
}

}  // namespace

YamlSource::YamlSource(std::string_view original) : index_(original) {
  // In a JSON text every backslash stands in a string, so that pairs are found without a parser.
  if (original.find("\\u") == std::string_view::npos || !IsJson(original)) {
    text_ = original;
    return;
  }
  for (size_t i = 0; i < original.size();) {
    if (original[i] != '\\') {
      text_.push_back(original[i++]);
    } else if (const uint32_t character = Surrogates(original.substr(i)); character != 0) {
      AppendUtf8(character, text_);
      i += kPairBytes;
      edits_.emplace_back(text_.size(), i - text_.size());
    } else {
      text_.append(original, i, 2);
      i += 2;
    }
  }
}

Position YamlSource::At(size_t offset) const {
  const auto edit = std::upper_bound(edits_.begin(), edits_.end(), std::pair(offset, SIZE_MAX));
  return index_.At(edit == edits_.begin() ? offset : offset + std::prev(edit)->second);
}

}  // namespace weft::model
