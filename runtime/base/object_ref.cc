#include "runtime/base/object_ref.h"

#include "absl/strings/str_cat.h"

namespace weft::runtime {

std::string KeyOf(const ObjectRef& ref) {
  return absl::StrCat(ref.api_version, "/", ref.kind, "/", ref.ns, "/", ref.name);
}

std::string Describe(const ObjectRef& ref) {
  return absl::StrCat(ref.kind, " ", ref.ns, ref.ns.empty() ? "" : "/", ref.name);
}

}  // namespace weft::runtime
