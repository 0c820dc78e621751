#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace weft::api {

// How lists are cut into pages: 100 by default, at most 1,000. A page's token is the last key of
// the page before it.
struct Page {
  std::string prefix;  // Of the keys to list.
  std::string after;
  int64_t size = 0;
};

// How many entries a page has for what a request says.
size_t PageSize(int32_t page_size);

// A page of everything whose key is KIND/NAMESPACE/..., of one namespace or (empty) of all.
// INVALID_ARGUMENT: a token that no list gave.
absl::StatusOr<Page> MakePage(const std::string& kind, const std::string& ns, int32_t page_size,
                              const std::string& token);

}  // namespace weft::api
