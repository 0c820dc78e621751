#include "runtime/base/quantity.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace weft::runtime {

std::optional<int64_t> ParseQuantity(std::string_view text, int64_t parts) {
  size_t end = 0;
  int digits = 0, dots = 0;
  while (end < text.size() &&
         (isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.')) {
    if (text[end] == '.') {
      ++dots;
    } else {
      ++digits;
    }
    ++end;
  }
  if (digits == 0 || digits > 18 || dots > 1) return std::nullopt;
  const long double number = strtold(std::string(text.substr(0, end)).c_str(), nullptr);
  const std::string_view suffix = text.substr(end);
  static constexpr std::pair<std::string_view, long double> kSuffixes[] = {
      {"", 1},
      {"m", 1e-3L},
      {"k", 1e3L},
      {"M", 1e6L},
      {"G", 1e9L},
      {"T", 1e12L},
      {"P", 1e15L},
      {"E", 1e18L},
      {"Ki", 1024.0L},
      {"Mi", 1048576.0L},
      {"Gi", 1073741824.0L},
      {"Ti", 1099511627776.0L},
      {"Pi", 1125899906842624.0L},
      {"n", 1e-9L},
      {"u", 1e-6L}};
  long double scale = -1;
  for (const auto& [name, value] : kSuffixes)
    if (suffix == name) scale = value;
  if (scale < 0 && suffix.size() >= 2 && suffix.size() <= 4 &&
      (suffix[0] == 'e' || suffix[0] == 'E')) {
    char* rest = nullptr;
    const std::string exponent(suffix.substr(1));
    const long power = strtol(exponent.c_str(), &rest, 10);
    if (*rest == '\0' && std::abs(power) <= 18) scale = powl(10, static_cast<long double>(power));
  }
  if (scale < 0) return std::nullopt;
  const long double sum = ceill(number * scale * static_cast<long double>(parts));
  if (sum > 9.0e18L) return std::nullopt;
  return static_cast<int64_t>(sum);
}

}  // namespace weft::runtime
