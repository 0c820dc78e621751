#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text for people and for JSON, and what of it programs wrote that are not ours. Pure.
namespace weft {

// The longest start of `text` of at most `bytes` that ends between two characters of UTF-8.
std::string_view CutTo(std::string_view text, size_t bytes);

// `text` as UTF-8 that any terminal takes: what is no UTF-8, and every control character but the
// newline and the tab, is a question mark; a carriage return ends a line.
std::string Readable(std::string_view text);

// The last line of Readable(text) that is not blank, without the blanks around it, its first 200
// bytes at most; empty: there is none.
std::string LastLine(std::string_view text);

}  // namespace weft
