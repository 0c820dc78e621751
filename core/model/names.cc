#include "core/model/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace weft::model {
namespace {

bool IsLowerOrDigit(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

// 1 to `longest` characters, each an `end` or one of `inside`, an `end` at both ends.
bool Matches(std::string_view name, size_t longest, bool (*end)(char), std::string_view inside) {
  return !name.empty() && name.size() <= longest && end(name.front()) && end(name.back()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return end(c) || inside.find(c) != std::string_view::npos; });
}

bool IsLetterOrDigit(char c) { return absl::ascii_isalnum(c); }

}  // namespace

bool IsOamName(std::string_view name) { return Matches(name, 63, IsLetterOrDigit, "-_."); }

bool IsDnsLabel(std::string_view name) { return Matches(name, 63, IsLowerOrDigit, "-"); }

bool IsInstanceName(std::string_view name) {
  return Matches(name, 52, IsLowerOrDigit, "-") && absl::ascii_islower(name.front());
}

bool IsPortName(std::string_view name) {
  return Matches(name, 15, IsLowerOrDigit, "-") && name.find("--") == std::string_view::npos &&
         std::any_of(name.begin(), name.end(), [](char c) { return absl::ascii_islower(c); });
}

bool IsEnvironmentName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace weft::model
