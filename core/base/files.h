#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft {

// FAILED_PRECONDITION with what was attempted, and why the last system call failed (errno).
absl::Status SystemError(const std::string& what);

// Makes the directory `path`, mode 0700, if it is not there. FAILED_PRECONDITION: cannot be made.
absl::Status MakeDirectory(const std::string& path);

// Calls `sync` for the directory `path`: fsync puts its entries on the disk, syncfs everything in
// its file system. FAILED_PRECONDITION: it fails.
absl::Status SyncDirectory(const std::string& path, int (*sync)(int));

// Writes `text` to `path`, a file of mode 0600, so that a reader sees the old text or the new one.
// FAILED_PRECONDITION: cannot be written.
absl::Status WriteFileAtomically(const std::string& path, std::string_view text);

// The bytes of the file at `path`. NOT_FOUND: there is none. FAILED_PRECONDITION: it cannot be read
// to its end, such as a folder, or one that speaks of a process that ended meanwhile (/proc). Never
// throws. Thread-safe.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// As ReadFile; empty where that fails.
std::string ReadFileOrEmpty(const std::string& path);

}  // namespace weft
