#include "core/api/page.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weft::api {

size_t PageSize(int32_t page_size) {
  constexpr int32_t kDefault = 100, kMost = 1000;
  return static_cast<size_t>(page_size <= 0 ? kDefault : std::min(page_size, kMost));
}

absl::StatusOr<Page> MakePage(const std::string& kind, const std::string& ns, int32_t page_size,
                              const std::string& token) {
  Page page;
  page.prefix = ns.empty() ? absl::StrCat(kind, "/") : absl::StrCat(kind, "/", ns, "/");
  page.after = token;
  page.size = static_cast<int64_t>(PageSize(page_size));
  if (!token.empty() && !absl::StartsWith(token, page.prefix))
    return absl::InvalidArgumentError("the page token is not of this list");
  return page;
}

}  // namespace weft::api
