#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// What a backup of an installation holds.
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

// Whether what the link leads to is of the installation, too, without a step up on the way:
// wherever the data directory is, the link then leads to the same.
bool IsLinkOfInstallation(const BackupEntry& link);

// The manifest as a line of JSON, which ParseManifest reads if each entry is of an installation and
// in UTF-8.
std::string FormatManifest(const BackupManifest& manifest);

// INVALID_ARGUMENT: not a manifest, of a format that this program does not know, or with an entry
// that belongs to no installation.
absl::StatusOr<BackupManifest> ParseManifest(std::string_view text);

// "sha256:..." of a file's bytes. NOT_FOUND; FAILED_PRECONDITION: it cannot be read.
absl::StatusOr<std::string> DigestFile(const std::string& path);

}  // namespace weft::cli
