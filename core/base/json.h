#pragma once

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "absl/status/statusor.h"

// JSON as Weft stores, compares and hashes it (docs/adr/0004-canonical-json.md).
//
// The value types are Boost.JSON's. Its parser keeps the last of duplicate keys and turns large
// integers into doubles, and its writer neither sorts keys nor writes doubles as RFC 8785 does, so
// texts go through Parse and Canonical.
namespace weft::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// Deepest nesting of arrays and objects that is accepted.
inline constexpr int kMaxDepth = 64;

// Parses one JSON text (UTF-8).
// INVALID_ARGUMENT, naming the byte offset: not JSON, a duplicate key, deeper than kMaxDepth, an
// integer of more than 64 bits, a number beyond a double's range, text after the value.
// Thread-safe; never throws.
absl::StatusOr<value> Parse(std::string_view text);

// The canonical text of `v`: keys sorted by their UTF-8 bytes, no white space, integers in decimal,
// doubles as RFC 8785 section 3.2.2.3 says (100.0 is written 100, -0.0 is written 0). Two values
// are equal for Weft if and only if their canonical texts are. Canonical(Parse(Canonical(v))) ==
// Canonical(v). `v` comes from Parse or is made of finite numbers; of a double that is not finite
// it writes null.
std::string Canonical(const value& v);

// Parse, then Canonical.
absl::StatusOr<std::string> Canonicalize(std::string_view text);

// "sha256:" and the hex digest of `bytes`. Ends the process where OpenSSL cannot make it.
std::string Sha256(std::string_view bytes);

// The member `key` of `v` if `v` is an object that has it, else null. The pointer lives as long as
// `v` is unchanged.
const value* Find(const value& v, std::string_view key);

// The value below `v` at `path`, a list of object keys, or null.
const value* FindPath(const value& v, std::initializer_list<std::string_view> path);

// The string, integer or boolean below `v` at `path`, or `fallback` where there is none of that
// type.
std::string GetString(const value& v, std::initializer_list<std::string_view> path,
                      std::string_view fallback = "");
int64_t GetInt(const value& v, std::initializer_list<std::string_view> path, int64_t fallback = 0);
bool GetBool(const value& v, std::initializer_list<std::string_view> path, bool fallback = false);

// One reference token, escaped as RFC 6901 section 3 says, with its leading slash: "/a~1b".
std::string PointerToken(std::string_view token);

}  // namespace weft::json
