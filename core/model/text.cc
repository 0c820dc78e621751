#include "core/model/text.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace weft::model {
namespace {

constexpr size_t kStride = 256;
constexpr size_t kQuotedCharacters = 60;

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

void Advance(char c, Position& position) {
  if (c == '\n') {
    ++position.line;
    position.column = 1;
  } else if (StartsCharacter(c)) {
    ++position.column;
  }
}

// The length of the character at the start of `text`, or 0 if that is not valid UTF-8 (RFC 3629).
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (StartsCharacter(text[i])) return 0;
  }
  const unsigned char second = byte(1);
  if (first == 0xE0 && second < 0xA0) return 0;  // Overlong.
  if (first == 0xED && second > 0x9F) return 0;  // A surrogate.
  if (first == 0xF0 && second < 0x90) return 0;  // Overlong.
  if (first == 0xF4 && second > 0x8F) return 0;  // Beyond U+10FFFF.
  return length;
}

}  // namespace

TextIndex::TextIndex(std::string_view text) : text_(text) {
  Position position{1, 1};
  checkpoints_.reserve(text.size() / kStride + 1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % kStride == 0) checkpoints_.push_back(position);
    Advance(text[i], position);
  }
  if (text.size() % kStride == 0) checkpoints_.push_back(position);
}

Position TextIndex::At(size_t offset) const {
  offset = std::min(offset, text_.size());
  const size_t checkpoint = offset / kStride;
  Position position = checkpoints_[checkpoint];
  for (size_t i = checkpoint * kStride; i < offset; ++i) Advance(text_[i], position);
  return position;
}

std::optional<size_t> FindForbiddenByte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
    const size_t length = control ? 0 : CharacterLength(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::string Quoted(std::string_view text) {
  size_t end = 0;
  size_t characters = 0;
  for (; end < text.size(); ++end) {
    if (StartsCharacter(text[end]) && ++characters > kQuotedCharacters) break;
  }
  // Utf8SafeCEscape also escapes what only a C character literal needs.
  const std::string shown = absl::StrReplaceAll(
      absl::Utf8SafeCEscape(absl::string_view(text.data(), std::min(end, text.size()))),
      {{"\\'", "'"}});
  return absl::StrCat("\"", shown, end < text.size() ? "..." : "", "\"");
}

}  // namespace weft::model
