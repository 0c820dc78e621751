#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::local {

// A Kubernetes quantity ("100m", "1.5", "64Mi", "1e3") in thousandths of its unit, rounded up.
// Nothing: not a quantity, negative, or beyond 64 bits. Source: Kubernetes API, resource.Quantity.
std::optional<int64_t> ParseQuantityMilli(std::string_view text);

}  // namespace weft::local
