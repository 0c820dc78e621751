#include "core/base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value_stack.hpp>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace weft::json {
namespace {

namespace bj = boost::json;

// A double that RFC 8785 writes as an integer beyond 64 bits could not be read back.
bool FitsCanonicalText(double d) {
  return std::isfinite(d) && (std::floor(d) != d || std::fabs(d) >= 1e21 ||
                              (d < 18446744073709551616.0 && d >= -9223372036854775808.0));
}

// Builds a value as Boost.JSON's own handler does, and refuses what it would let pass.
struct Handler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bj::value_stack stack;
  size_t key_count = 0;
  bool finds_twice = false;  // Whether it looks for a key that stands twice in one object.
  std::vector<absl::flat_hash_set<std::string>> keys;  // Then: of the open objects.
  std::string text;                                    // Of a key or number that comes in parts.
  std::string problem;

  bool Refuse(bj::error_code& ec, std::string what) {
    problem = std::move(what);
    ec = bj::error::syntax;
    return false;
  }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t n, bj::error_code&) {
    stack.push_array(n);
    return true;
  }
  bool on_object_begin(bj::error_code&) {
    if (finds_twice) keys.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t n, bj::error_code&) {
    if (finds_twice) keys.pop_back();
    stack.push_object(n);
    return true;
  }
  bool on_string_part(bj::string_view s, std::size_t, bj::error_code&) {
    stack.push_chars(s);
    return true;
  }
  bool on_string(bj::string_view s, std::size_t, bj::error_code&) {
    stack.push_string(s);
    return true;
  }
  bool on_key_part(bj::string_view s, std::size_t, bj::error_code&) {
    text.append(s.data(), s.size());
    stack.push_chars(s);
    return true;
  }
  bool on_key(bj::string_view s, std::size_t, bj::error_code& ec) {
    ++key_count;
    text.append(s.data(), s.size());
    if (finds_twice && !keys.back().insert(text).second) {
      return Refuse(ec, absl::StrCat("the key \"", absl::Utf8SafeCEscape(text),
                                     "\" stands twice in one object"));
    }
    text.clear();
    stack.push_key(s);
    return true;
  }
  bool on_number_part(bj::string_view s, bj::error_code&) {
    text.append(s.data(), s.size());
    return true;
  }
  bool on_int64(int64_t i, bj::string_view, bj::error_code&) {
    text.clear();
    stack.push_int64(i);
    return true;
  }
  bool on_uint64(uint64_t u, bj::string_view, bj::error_code&) {
    text.clear();
    stack.push_uint64(u);
    return true;
  }
  bool on_double(double, bj::string_view s, bj::error_code& ec) {
    text.append(s.data(), s.size());
    if (text.find_first_of(".eE") == std::string::npos) {
      return Refuse(ec, absl::StrCat("the integer ", text, " does not fit in 64 bits"));
    }
    // Boost.JSON's own value may be off by one unit in the last place; strtod rounds correctly.
    const double d = std::strtod(text.c_str(), nullptr);
    if (!FitsCanonicalText(d))
      return Refuse(ec, absl::StrCat("the number ", text, " is too large"));
    text.clear();
    stack.push_double(d);
    return true;
  }
  bool on_bool(bool b, bj::error_code&) {
    stack.push_bool(b);
    return true;
  }
  bool on_null(bj::error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

// Of the characters that are written as they are.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < plain.size(); ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

void WriteString(std::string_view s, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  size_t plain = 0;  // Start of what has not been copied yet.
  for (size_t i = 0; i < s.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(s[i]);
    if (kPlain[c]) continue;
    out.append(s, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(s, plain);
  out.push_back('"');
}

// ECMA-262 Number::toString: shortest digits that read back, plain between 1e-6 and 1e21, else with
// an exponent.
void WriteDouble(double d, std::string& out) {
  if (!std::isfinite(d)) {
    out += "null";
    return;
  }
  if (d == 0) {
    out.push_back('0');
    return;
  }
  if (d < 0) out.push_back('-');
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::fabs(d), std::chars_format::scientific);
  const std::string_view scientific(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t e = scientific.find('e');
  int exponent = 0;
  const char* first = scientific.data() + e + 1 + (scientific[e + 1] == '+' ? 1 : 0);
  std::from_chars(first, end.ptr, exponent);
  std::string digits;
  for (char c : scientific.substr(0, e)) {
    if (c != '.') digits.push_back(c);
  }
  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;  // Position of the decimal point, counted from the first digit.
  if (k <= n && n <= 21) {
    out += digits;
    out.append(static_cast<size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out.append(digits, 0, static_cast<size_t>(n))
        .append(".")
        .append(digits, static_cast<size_t>(n));
  } else if (-6 < n && n <= 0) {
    out.append("0.").append(static_cast<size_t>(-n), '0').append(digits);
  } else {
    out.push_back(digits[0]);
    if (k > 1) out.append(".").append(digits, 1);
    absl::StrAppend(&out, n > 0 ? "e+" : "e-", std::abs(n - 1));
  }
}

void Write(const value& v, std::string& out);

void WriteObject(const object& o, std::string& out) {
  std::vector<const bj::key_value_pair*> members;
  members.reserve(o.size());
  for (const auto& member : o) members.push_back(&member);
  // std::string_view compares as unsigned bytes, which is the order of UTF-8 code points.
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
    return std::string_view(a->key().data(), a->key().size()) <
           std::string_view(b->key().data(), b->key().size());
  });
  out.push_back('{');
  bool first = true;
  for (const auto* member : members) {
    if (!first) out.push_back(',');
    first = false;
    WriteString({member->key().data(), member->key().size()}, out);
    out.push_back(':');
    Write(member->value(), out);
  }
  out.push_back('}');
}

void Write(const value& v, std::string& out) {
  switch (v.kind()) {
    case bj::kind::null:
      out += "null";
      return;
    case bj::kind::bool_:
      out += v.get_bool() ? "true" : "false";
      return;
    case bj::kind::int64:
      absl::StrAppend(&out, v.get_int64());
      return;
    case bj::kind::uint64:
      absl::StrAppend(&out, v.get_uint64());
      return;
    case bj::kind::double_:
      WriteDouble(v.get_double(), out);
      return;
    case bj::kind::string:
      WriteString({v.get_string().data(), v.get_string().size()}, out);
      return;
    case bj::kind::object:
      WriteObject(v.get_object(), out);
      return;
    case bj::kind::array: {
      out.push_back('[');
      bool first = true;
      for (const value& element : v.get_array()) {
        if (!first) out.push_back(',');
        first = false;
        Write(element, out);
      }
      out.push_back(']');
      return;
    }
  }
}

size_t CountKeys(const value& v) {
  size_t count = 0;
  if (const object* o = v.if_object()) {
    count = o->size();
    for (const auto& member : *o) count += CountKeys(member.value());
  } else if (const array* a = v.if_array()) {
    for (const value& element : *a) count += CountKeys(element);
  }
  return count;
}

// What it makes is in `storage`.
absl::StatusOr<value> Read(std::string_view text, bool finds_twice,
                           const bj::storage_ptr& storage) try {
  bj::parse_options options;
  options.max_depth = kMaxDepth;
  bj::basic_parser<Handler> parser(options);
  parser.handler().stack.reset(storage);
  parser.handler().finds_twice = finds_twice;
  bj::error_code ec;
  const size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used < text.size()) ec = bj::error::extra_data;
  if (!ec) {
    value v = parser.handler().stack.release();
    // Of a key that stands twice the last is left.
    if (finds_twice || CountKeys(v) == parser.handler().key_count) return v;
  }
  // Which key it is takes longer to find than all else, and it may come before another mistake.
  if (!finds_twice) return Read(text, /*finds_twice=*/true, storage);
  const std::string& problem = parser.handler().problem;
  return absl::InvalidArgumentError(
      absl::StrCat("at byte ", used, ": ", problem.empty() ? ec.message() : problem));
} catch (const std::exception& e) {
  return absl::InvalidArgumentError(absl::StrCat("cannot be read: ", e.what()));
}

}  // namespace

absl::StatusOr<value> Parse(std::string_view text) { return Read(text, /*finds_twice=*/false, {}); }

std::string Canonical(const value& v) {
  std::string out;
  out.reserve(256);
  Write(v, out);
  return out;
}

absl::StatusOr<std::string> Canonicalize(std::string_view text) {
  unsigned char first[4096];
  bj::monotonic_resource arena(first, sizeof first);
  absl::StatusOr<value> v = Read(text, /*finds_twice=*/false, &arena);
  if (!v.ok()) return v.status();
  return Canonical(*v);
}

std::string Sha256(std::string_view bytes) {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  unsigned char digest[SHA256_DIGEST_LENGTH] = {};
  // Else different bytes would have one digest.
  if (EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, kAlgorithm, nullptr) != 1)
    std::abort();
  return absl::StrCat("sha256:", absl::BytesToHexString(absl::string_view(
                                     reinterpret_cast<char*>(digest), sizeof digest)));
}

const value* Find(const value& v, std::string_view key) {
  const object* o = v.if_object();
  return o == nullptr ? nullptr : o->if_contains({key.data(), key.size()});
}

const value* FindPath(const value& v, std::initializer_list<std::string_view> path) {
  const value* at = &v;
  for (std::string_view key : path) {
    if (at = Find(*at, key); at == nullptr) return nullptr;
  }
  return at;
}

std::string GetString(const value& v, std::initializer_list<std::string_view> path,
                      std::string_view fallback) {
  const value* found = FindPath(v, path);
  if (found == nullptr || !found->is_string()) return std::string(fallback);
  return std::string(found->get_string().data(), found->get_string().size());
}

int64_t GetInt(const value& v, std::initializer_list<std::string_view> path, int64_t fallback) {
  const value* found = FindPath(v, path);
  if (found == nullptr || !found->is_number()) return fallback;
  bj::error_code ec;
  const int64_t number = found->to_number<int64_t>(ec);
  return ec ? fallback : number;
}

bool GetBool(const value& v, std::initializer_list<std::string_view> path, bool fallback) {
  const value* found = FindPath(v, path);
  return found != nullptr && found->is_bool() ? found->get_bool() : fallback;
}

std::string PointerToken(std::string_view token) {
  return absl::StrCat("/", absl::StrReplaceAll(absl::string_view(token.data(), token.size()),
                                               {{"~", "~0"}, {"/", "~1"}}));
}

}  // namespace weft::json
