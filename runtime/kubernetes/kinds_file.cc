#include "runtime/kubernetes/kinds_file.h"

#include <cerrno>
#include <fstream>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/files.h"

namespace weft::kubernetes {

absl::StatusOr<std::vector<KindName>> ReadKinds(const std::string& path) {
  std::vector<KindName> kinds;
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) return kinds;
  std::ifstream in(path);
  if (!in) return absl::FailedPreconditionError(absl::StrCat("cannot read ", path));
  for (KindName name; in >> name.api_version >> name.kind;) kinds.push_back(name);
  return kinds;
}

absl::Status WriteKinds(const std::string& path, const std::vector<KindName>& kinds) {
  std::string text;
  for (const KindName& name : kinds) absl::StrAppend(&text, name.api_version, " ", name.kind, "\n");
  return WriteFileAtomically(path, text);
}

}  // namespace weft::kubernetes
