#pragma once

#include <string>
#include <string_view>

namespace weft::kubernetes {

// Cuts a stream of bytes into lines as it comes; holds no more than one line that is not whole.
class LineSplitter {
 public:
  // Hands every line that `bytes` ends to `take`, without its newline; empty ones are left out.
  template <typename Take>
  void Add(std::string_view bytes, Take take) {
    while (true) {
      const size_t end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      if (rest_.empty()) {
        if (end > 0) take(bytes.substr(0, end));
      } else {
        rest_.append(bytes.substr(0, end));
        take(std::string_view(rest_));
        rest_.clear();
      }
      bytes.remove_prefix(end + 1);
    }
    rest_.append(bytes);
  }

 private:
  std::string rest_;
};

}  // namespace weft::kubernetes
