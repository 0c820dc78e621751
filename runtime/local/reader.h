#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "runtime/local/admission.h"

namespace weft::local {

// Reads numbers within bounds and remembers what is wrong.
class Reader {
 public:
  Reader(const json::value& v, std::string pointer, std::vector<Problem>& problems)
      : v_(v), pointer_(std::move(pointer)), problems_(problems) {}

  int64_t Integer(std::string_view key, int64_t fallback, int64_t least, int64_t most) {
    const int64_t value = json::GetInt(v_, {key}, fallback);
    if (value < least || value > most) {
      const std::string pointer = pointer_ + json::PointerToken(key);
      Refuse(problems_, pointer, absl::StrCat(pointer, " is out of bounds"), std::to_string(value),
             absl::StrCat(least, " to ", most));
      return fallback;
    }
    return value;
  }

  std::string OneOf(std::string_view key, const std::string& fallback,
                    const std::vector<std::string>& allowed) {
    std::string value = json::GetString(v_, {key}, fallback);
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      const std::string pointer = pointer_ + json::PointerToken(key);
      std::string expected;
      for (const std::string& a : allowed)
        absl::StrAppend(&expected, expected.empty() ? "" : " or ", a);
      Refuse(problems_, pointer,
             absl::StrCat("the local runtime does not support this value of ", pointer), value,
             expected, "UNSUPPORTED_VALUE");
      return fallback;
    }
    return value;
  }

 private:
  const json::value& v_;
  const std::string pointer_;
  std::vector<Problem>& problems_;
};

// The spec of an object; of one without any an empty one.
inline Reader SpecOf(const json::value& object, std::vector<Problem>& problems) {
  static const auto* const none = new json::value(json::object());
  const json::value* spec = json::Find(object, "spec");
  return Reader(spec == nullptr ? *none : *spec, "/spec", problems);
}

// Reads what `object` says at `at` of those that its controller makes, which are of this apiVersion
// and kind: the object of each, canonical JSON, in the namespace of `object` but without a name.
using ReadSpec = Spec(const json::value& object, const Machine& machine,
                      std::vector<Problem>& problems);
std::string ReadNested(const json::value& object, const json::value& nested, const std::string& at,
                       const char* api_version, const char* kind, ReadSpec* read,
                       const Machine& machine, std::vector<Problem>& problems);

// The longest that anything may take: ten years.
inline constexpr int64_t kMostSeconds = int64_t{10} * 366 * 24 * 3600;

}  // namespace weft::local
