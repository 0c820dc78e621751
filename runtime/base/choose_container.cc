#include "runtime/base/choose_container.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weft::runtime {

absl::StatusOr<std::string> ChooseContainer(const std::string& pod,
                                            const std::vector<std::string>& containers,
                                            const std::string& wanted) {
  if (containers.empty()) return absl::NotFoundError(absl::StrCat(pod, " has no container"));
  if (wanted.empty()) return containers[0];
  if (std::find(containers.begin(), containers.end(), wanted) != containers.end()) return wanted;
  return absl::NotFoundError(absl::StrCat(pod, " has no container ", wanted, "; it has ",
                                          absl::StrJoin(containers, ", ")));
}

}  // namespace weft::runtime
