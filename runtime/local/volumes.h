#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/engine/tar.h"
#include "runtime/local/environment.h"
#include "runtime/local/object.h"

// What stands in the volumes of pods. Pure.
//
// A pod's volumes are its sandbox's: the engine makes them with it and removes them with it, and
// the runtime unpacks files into them through it. Those with files are laid out as the kubelet does
// (its AtomicWriter), so that a change is seen whole or not at all:
//
//   ..0123456789ab/app.conf          The files; their directory is named after their hash.
//   ..data -> ..0123456789ab         Replaced in one step by the sandbox's program
//   (runtime/anchor). app.conf -> ..data/app.conf      What people see.
namespace weft::local {

// Where the sandbox sees a volume.
std::string VolumePath(const std::string& volume);

// The files of one volume.
struct VolumeFiles {
  std::string hash;                     // Of all of it.
  std::vector<engine::TarEntry> files;  // By path, which begins with "..HASH/".
};

struct FilesRead {
  std::map<std::string, VolumeFiles> files;  // By the volume's name.
  // NOT_FOUND: what the first volume needs that is not among them, in the kubelet's words.
  absl::Status missing;
};

// The files of those of `volumes` that have some.
FilesRead FilesOf(const std::vector<Volume>& volumes, const std::string& ns,
                  const FindObject& find);

// An archive for VolumePath("") that makes `volumes` what they are when nothing is in them, but for
// directories on a disk unless `directories` says so; empty: there is nothing to do. `now`: when
// the files were written.
std::string InitialArchive(const std::vector<Volume>& volumes,
                           const std::map<std::string, VolumeFiles>& files, bool directories,
                           absl::Time now);

// An archive for a volume's VolumePath that adds `files` without showing them.
std::string UpdateArchive(const VolumeFiles& files, absl::Time now);

}  // namespace weft::local
