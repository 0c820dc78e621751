#pragma once

#include <string>
#include <string_view>

// What programs that are not ours write, for people and for JSON. Pure.
namespace weft {

// `text` as UTF-8 that any terminal takes: what is no UTF-8, and every control character but the
// newline and the tab, is a question mark; a carriage return ends a line.
std::string Readable(std::string_view text);

// The last line of Readable(text) that is not blank, without the blanks around it, its first 200
// bytes at most; empty: there is none.
std::string LastLine(std::string_view text);

}  // namespace weft
