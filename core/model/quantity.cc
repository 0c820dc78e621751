#include "core/model/quantity.h"

#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/model/text.h"

namespace weft::model {
namespace {

__extension__ using Wide = __int128;

constexpr size_t kMostDigits = 18;  // Such an integer, times any unit, fits in 127 bits.

// A decimal number without sign or exponent: `digits` / 10^`decimals`.
struct Decimal {
  int64_t digits = 0;
  int decimals = 0;
  std::string_view unit;  // What follows.
};

absl::Status NotAnAmount(std::string_view text, std::string_view example) {
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(text), " is not an amount such as ",
                   absl::string_view(example.data(), example.size())));
}

bool ReadDecimal(std::string_view text, Decimal& out) {
  size_t digits = 0;
  bool point = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (absl::ascii_isdigit(text[i]) && digits < kMostDigits) {
      out.digits = out.digits * 10 + (text[i] - '0');
      ++digits;
      if (point) ++out.decimals;
    } else {
      break;
    }
  }
  out.unit = text.substr(i);
  return digits > 0 && (out.unit.empty() || absl::ascii_isalpha(out.unit.front()));
}

absl::StatusOr<int64_t> Scale(const Decimal& decimal, int64_t unit, std::string_view text) {
  Wide amount = static_cast<Wide>(decimal.digits) * unit;
  Wide divisor = 1;
  for (int i = 0; i < decimal.decimals; ++i) divisor *= 10;
  amount = (amount + divisor - 1) / divisor;
  if (amount > std::numeric_limits<int64_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is too much"));
  }
  return static_cast<int64_t>(amount);
}

// The factor of a unit in lower case without its trailing b, or 0.
int64_t Factor(std::string_view unit) {
  constexpr std::string_view kPrefixes = "kmgtpe";
  if (unit.empty() || unit.size() > 2 || (unit.size() == 2 && unit[1] != 'i')) return 0;
  const size_t power = kPrefixes.find(unit[0]);
  if (power == std::string_view::npos) return 0;
  int64_t factor = 1;
  for (size_t i = 0; i <= power; ++i) factor *= unit.size() == 2 ? 1024 : 1000;
  return factor;
}

}  // namespace

absl::StatusOr<int64_t> ParseSize(std::string_view text) {
  constexpr std::string_view kExample = "64Mi, 1.5G or 128 (MiB)";
  Decimal decimal;
  if (!ReadDecimal(text, decimal)) return NotAnAmount(text, kExample);
  if (decimal.unit.empty()) return Scale(decimal, 1024 * 1024, text);
  std::string unit =
      absl::AsciiStrToLower(absl::string_view(decimal.unit.data(), decimal.unit.size()));
  if (unit == "b") {
    // The trailing B is ignored, and a bare number counts MiB: read so, "128B" would be a million
    // times what it says.
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(text), " could mean bytes or MiB; write a unit of at least K, such as 64Ki"));
  }
  if (unit.back() == 'b') unit.pop_back();
  const int64_t factor = Factor(unit);
  if (factor == 0) return NotAnAmount(text, kExample);
  return Scale(decimal, factor, text);
}

absl::StatusOr<int64_t> ParseMillis(std::string_view text) {
  Decimal decimal;
  if (!ReadDecimal(text, decimal) || (!decimal.unit.empty() && decimal.unit != "m")) {
    return NotAnAmount(text, "2, 0.5 or 500m");
  }
  return Scale(decimal, decimal.unit.empty() ? 1000 : 1, text);
}

}  // namespace weft::model
