#include "runtime/engine/log_frames.h"

#include <algorithm>
#include <cstdint>

namespace weft::engine {

constexpr size_t kHeader = 8;

bool LogFrames::Take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (remaining_ == 0) {
      const size_t taken = std::min(kHeader - header_.size(), bytes.size());
      header_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (header_.size() < kHeader) return true;
      for (size_t i = 4; i < kHeader; ++i)
        remaining_ = remaining_ << 8 | static_cast<unsigned char>(header_[i]);
      of_error_ = header_[0] == 2;
      header_.clear();
      continue;
    }
    const size_t taken = std::min(remaining_, bytes.size());
    if (!sink_(bytes.substr(0, taken))) return false;
    bytes.remove_prefix(taken);
    remaining_ -= taken;
  }
  return true;
}

}  // namespace weft::engine
