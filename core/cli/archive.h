#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

// Tar archives, by the program tar, whose complaints go to our standard error. Thread-safe.
namespace weft::cli {

// Writes an archive of `names` below `folder`, in their order, to `file`, of mode 0600: whole on
// the disk, or not there (an older one stays). NOT_FOUND: there is no tar. FAILED_PRECONDITION: it
// cannot be written.
absl::Status PackArchive(const std::string& folder, const std::vector<std::string>& names,
                         const std::string& file);

// Takes the archive `file` apart into `folder`; everything there becomes the caller's. NOT_FOUND:
// there is no such file, or no tar. INVALID_ARGUMENT: tar cannot take it apart.
absl::Status UnpackArchive(const std::string& file, const std::string& folder);

}  // namespace weft::cli
