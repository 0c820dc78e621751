#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weft::runtime {

// The container that a reader of `pod` asks for: `wanted`, or, if that is empty, the first one.
// NOT_FOUND: there is none of this name, and which there are.
absl::StatusOr<std::string> ChooseContainer(const std::string& pod,
                                            const std::vector<std::string>& containers,
                                            const std::string& wanted);

}  // namespace weft::runtime
