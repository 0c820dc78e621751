#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/engine/tar.h"

// A program of this machine in an image that holds nothing else: nothing is pulled or downloaded.
namespace weft::anchor {

// `program` as `path` of an image, and the libraries that it is linked with. FAILED_PRECONDITION:
// it or one of them cannot be read.
absl::StatusOr<std::vector<engine::TarEntry>> ProgramWithLibraries(const std::string& program,
                                                                   const std::string& path);

// How it is run there.
std::vector<std::string> CommandInImage(const std::string& path);

}  // namespace weft::anchor
