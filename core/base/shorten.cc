#include "core/base/shorten.h"

#include "absl/strings/str_cat.h"
#include "core/base/json.h"

namespace weft {
namespace {

constexpr size_t kHash = 8;

}  // namespace

std::string Shorten(const std::string& name, size_t limit) {
  if (name.size() <= limit) return name;
  const std::string hash = json::Sha256(name).substr(sizeof("sha256:") - 1, kHash);
  return absl::StrCat(name.substr(0, limit - kHash - 1), "-", hash);
}

}  // namespace weft
