#include "core/base/readable.h"

#include <boost/locale/utf.hpp>

#include "absl/strings/ascii.h"

namespace weft {
namespace {

constexpr size_t kLongestLine = 200;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// C0 and C1: ISO 6429.
bool IsControl(uint32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

}  // namespace

std::string_view CutTo(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && IsContinuation(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

std::string Readable(std::string_view text) {
  using Utf = boost::locale::utf::utf_traits<char>;
  std::string readable;
  readable.reserve(text.size());
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const char* const start = at;
    const boost::locale::utf::code_point point = Utf::decode(at, end);
    if (!boost::locale::utf::is_valid_codepoint(point)) {
      at = start + 1;  // What follows may be well again.
      readable += '?';
    } else if (point == '\r') {
      if (at == end || *at != '\n') readable += '\n';
    } else if (IsControl(point) && point != '\n' && point != '\t') {
      readable += '?';
    } else {
      readable.append(start, at);
    }
  }
  return readable;
}

std::string LastLine(std::string_view text) {
  const std::string readable = Readable(text);
  const absl::string_view stripped = absl::StripAsciiWhitespace(absl::string_view(readable));
  std::string line(absl::StripAsciiWhitespace(stripped.substr(stripped.rfind('\n') + 1)));
  line.resize(CutTo(line, kLongestLine).size());
  return line;
}

}  // namespace weft
