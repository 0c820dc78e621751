#pragma once

#include <cstddef>
#include <string>

namespace weft {

inline constexpr size_t kDnsLabelSize = 63;  // The most that a DNS label has. RFC 1035, 2.3.4.

// `name` if it has at most `limit` bytes, else its start and a hash of it, `limit` bytes in all.
std::string Shorten(const std::string& name, size_t limit);

}  // namespace weft
