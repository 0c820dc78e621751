#pragma once

#include <iostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weft::cli {

// The text of one file as the user named it.
struct SourceFile {
  std::string name;  // As given; below a given folder FOLDER/FILE; "-" for standard input.
  std::string text;
};

// Reads what `weft apply -f` was given: files, folders (their *.yaml, *.yml and *.json in order of
// name, not deeper), "-" for `in`. A file named twice is read once.
// NOT_FOUND, INVALID_ARGUMENT or PERMISSION_DENIED, naming the path: there is none, a folder has no
// such file, or it cannot be read.
absl::StatusOr<std::vector<SourceFile>> ReadSources(const std::vector<std::string>& paths,
                                                    std::istream& in);

}  // namespace weft::cli
