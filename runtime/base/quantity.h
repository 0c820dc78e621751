#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::runtime {

// A Kubernetes quantity ("100m", "1.5", "64Mi", "1e3") in parts of its unit, of which that has
// `parts`, rounded up. Nothing: not a quantity, negative, or beyond 64 bits. Source: Kubernetes
// API, resource.Quantity.
std::optional<int64_t> ParseQuantity(std::string_view text, int64_t parts);
// In thousandths.
inline std::optional<int64_t> ParseQuantityMilli(std::string_view text) {
  return ParseQuantity(text, 1000);
}

}  // namespace weft::runtime
