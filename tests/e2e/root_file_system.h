#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft::e2e {

// The root file system of an image, put together from what is installed on this machine. Not
// thread-safe.
class RootFileSystem {
 public:
  // Works in `folder`, which it makes.
  explicit RootFileSystem(std::string folder);

  // Copies the file or folder `path` to the same place, links and all. NOT_FOUND: it is not there.
  absl::Status Add(const std::string& path);
  // Copies the program or library `path` with the libraries that it is linked with. NOT_FOUND.
  absl::Status AddProgram(const std::string& path);
  // Makes the empty folder `path`.
  void AddFolder(const std::string& path);
  // Copies the file `from` to `path`.
  absl::Status AddAs(const std::string& from, const std::string& path);

  // Writes a tar archive of it; returns its path.
  absl::StatusOr<std::string> Archive() const;

 private:
  const std::string folder_;
};

}  // namespace weft::e2e
