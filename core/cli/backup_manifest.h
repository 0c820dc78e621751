#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// What a backup of an installation holds, and which files of a data directory it is made of.
namespace weft::cli {

inline constexpr char kManifest[] = "manifest.json";  // The first member of the archive.

// One file, or link, by its path below the data directory.
struct BackupEntry {
  std::string path;
  std::string digest;  // "sha256:..." of a file's bytes; empty: it is a link.
  std::string target;  // Of a link.
  int64_t schema = 0;  // Of a database; 0: it is none.
  bool operator==(const BackupEntry&) const = default;
};

struct BackupManifest {
  std::string version;       // Of the program that made it.
  absl::Time made;           // To the millisecond.
  std::string installation;  // Its identity.
  std::vector<BackupEntry> entries;
  bool operator==(const BackupManifest&) const = default;
};

std::string FormatManifest(const BackupManifest& manifest);

// INVALID_ARGUMENT: not a manifest, of a format that this program does not know, or with a path
// that belongs to no installation.
absl::StatusOr<BackupManifest> ParseManifest(std::string_view text);

// What the data directory at `root` holds of an installation, but for what can be made anew (run/,
// logs/, tokens) and the engine: the paths below it of files and links, in order. Empty: it holds
// none. INTERNAL: it cannot be read.
absl::StatusOr<std::vector<std::string>> InstallationFiles(const std::string& root);

// Whatever is not a directory, below `root`, likewise.
absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& root);

// Whether a file with this path is a database; the files beside it, which SQLite makes, are none.
bool IsDatabase(const std::string& path);

// "sha256:..." of a file's bytes. NOT_FOUND; FAILED_PRECONDITION: it cannot be read.
absl::StatusOr<std::string> DigestFile(const std::string& path);

}  // namespace weft::cli
