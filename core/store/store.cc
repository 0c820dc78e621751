#include "core/store/store.h"

#include "core/base/status.h"

namespace weft::store {

absl::Status ForEach(
    Store& store, const std::string& prefix,
    const std::function<absl::Status(const std::string& key, const std::string& value)>& each) {
  constexpr int64_t kPage = 256;
  std::string after;
  while (true) {
    WEFT_ASSIGN_OR_RETURN(const auto page, store.List(prefix, after, kPage));
    for (const auto& [key, value] : page) WEFT_RETURN_IF_ERROR(each(key, value));
    if (static_cast<int64_t>(page.size()) < kPage) return absl::OkStatus();
    after = page.back().first;
  }
}

}  // namespace weft::store
