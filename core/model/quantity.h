#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace weft::model {

// An amount of memory or disk in bytes, rounded up. K, M, G, T, P, E are powers of 1000, Ki, Mi,
// Gi, Ti, Pi, Ei powers of 1024, in any case and with an optional trailing B; a number without a
// unit counts MiB, as in OAM v1alpha1. INVALID_ARGUMENT with a sentence for people: not an amount,
// negative, a bare "B", or more than fits in 63 bits. Source: OAM v1alpha1, section 3, "Resources";
// docs/oam.md for the choices.
absl::StatusOr<int64_t> ParseSize(std::string_view text);

// A number of CPUs or GPUs in thousandths, rounded up: "2", "0.5", "500m". INVALID_ARGUMENT as
// above.
absl::StatusOr<int64_t> ParseMillis(std::string_view text);

}  // namespace weft::model
