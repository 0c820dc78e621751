#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace weft::kubernetes {

struct KindName {
  std::string api_version;
  std::string kind;

  bool operator==(const KindName&) const = default;
};

// The kinds of which there may be objects of ours, so that they are listed again after a restart:
// one "APIVERSION KIND" a line. Never names more than were applied.
//
// A file that does not exist is an empty one. Errors say what failed on which file.
absl::StatusOr<std::vector<KindName>> ReadKinds(const std::string& path);
// Replaces the file; durable when it returns.
absl::Status WriteKinds(const std::string& path, const std::vector<KindName>& kinds);

}  // namespace weft::kubernetes
