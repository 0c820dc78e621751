#include "core/cli/purge.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <signal.h>
#include <sstream>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/base/mounts.h"
#include "core/base/process.h"
#include "core/base/status.h"
#include "core/cli/installation_files.h"
#include "core/cli/process_record.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kShim[] = "containerd-shim";
constexpr absl::Duration kDrain = absl::Seconds(30);

// Whether process `pid` is a program whose name starts with `program`, with an argument below
// `directory`.
bool IsProgramOf(pid_t pid, const std::string& program, const std::string& directory) {
  const std::vector<std::string> arguments = CommandLine(pid);
  return !arguments.empty() &&
         absl::StartsWith(fs::path(arguments[0]).filename().string(), program) &&
         std::any_of(arguments.begin() + 1, arguments.end(), [&](const std::string& argument) {
           return absl::StartsWith(argument, directory + "/");
         });
}

// Ends every such process within `drain`, shims with their containers.
absl::Status EndPrograms(const std::string& program, const std::string& directory,
                         absl::Duration drain) {
  for (const pid_t pid : AllProcesses()) {
    const ProcessIdentity identity = {pid, StartTime(pid).value_or(0)};
    if (!IsProgramOf(pid, program, directory)) continue;
    const absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(identity);
    if (!process.ok()) continue;  // It ended by itself.
    if (program == kShim) WEFT_RETURN_IF_ERROR(KillChildrenOf(pid));
    WEFT_RETURN_IF_ERROR(EndProcess(*process, drain));
  }
  return absl::OkStatus();
}

absl::Status UnmountEngine(const std::string& directory) {
  // Mounts may stand on each other: each round takes the topmost off.
  for (int round = 0; round < 16; ++round) {
    const std::vector<std::string> mounts =
        MountsBelow(ReadFileOrEmpty("/proc/self/mountinfo"), directory);
    if (mounts.empty()) return absl::OkStatus();
    for (const std::string& mount : mounts) {
      if (!absl::StartsWith(mount, directory + "/engine/"))
        return absl::FailedPreconditionError(
            absl::StrCat(mount, " is a mount that Weft did not make: unmount it first"));
    }
    for (const std::string& mount : mounts) {
      if (umount2(mount.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL)
        return SystemError(absl::StrCat("unmount ", mount));
    }
  }
  return absl::FailedPreconditionError(
      absl::StrCat("below ", directory, "/engine something is mounted again and again"));
}

}  // namespace

absl::Status EndWhatOutlives(const DataDirectory& data) {
  WEFT_RETURN_IF_ERROR(EndPrograms("haproxy", data.Below("proxy"), kDrain));
  const std::string engine = data.Below("engine");
  WEFT_RETURN_IF_ERROR(EndPrograms("dockerd", engine, kDrain));
  WEFT_RETURN_IF_ERROR(EndPrograms(kShim, engine, absl::ZeroDuration()));
  return EndPrograms("containerd", engine, kDrain);
}

absl::StatusOr<std::vector<std::string>> RemoveData(const DataDirectory& data) {
  std::error_code ec;
  const fs::path root = fs::canonical(data.path(), ec);
  if (ec) return absl::InternalError(absl::StrCat("read ", data.path(), ": ", ec.message()));
  WEFT_RETURN_IF_ERROR(UnmountEngine(root.string()));
  std::set<std::string> ours;
  std::vector<std::string> left;
  for (fs::directory_iterator entry(root, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    if (IsWefts(name)) {
      ours.insert(name);
    } else {
      left.push_back(name);
    }
  }
  // "run" comes last but one of the names in order: its locks and records stand while the large
  // ones go, so that a removal that was cut short can be run again.
  for (const std::string& name : ours) {
    if (!ec) fs::remove_all(root / name, ec);
    if (ec)
      return absl::InternalError(
          absl::StrCat("remove ", (root / name).string(), ": ", ec.message()));
  }
  // A data directory that is itself a mount point stays, empty.
  if (left.empty() && rmdir(root.c_str()) != 0 && errno != EBUSY)
    return absl::InternalError(absl::StrCat("remove ", root.string(), ": ", strerror(errno)));
  return left;
}

}  // namespace weft::cli
