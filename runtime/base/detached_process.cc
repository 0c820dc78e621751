#include "runtime/base/detached_process.h"

#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/files.h"
#include "core/base/pointers.h"

namespace weft::runtime {
namespace {

// With the sbin folders on PATH, which a user's may lack: a program looks there for others, as
// dockerd for iptables.
std::vector<std::string> DetachedEnvironment() {
  const char* path = getenv("PATH");
  std::vector<std::string> environment = {absl::StrCat(
      "PATH=", path == nullptr ? "" : path, ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")};
  for (const char* name : {"HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
                           "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    if (const char* value = getenv(name)) environment.push_back(absl::StrCat(name, "=", value));
  }
  return environment;
}

}  // namespace

pid_t ReadPid(const std::string& path) {
  int pid = 0;
  return absl::SimpleAtoi(ReadFileOrEmpty(path), &pid) && pid > 1 ? pid : -1;
}

bool RunsWith(pid_t pid, const std::string& mark) {
  if (pid <= 1) return false;
  const std::string process = absl::StrCat("/proc/", pid);
  const std::string stat = ReadFileOrEmpty(process + "/stat");
  const size_t name_end = stat.rfind(')');  // The name before it may hold anything.
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return false;
  if (stat[name_end + 2] == 'Z' || stat[name_end + 2] == 'X') return false;
  return ReadFileOrEmpty(process + "/cmdline").find(mark) != std::string::npos;
}

std::string FindProgram(const std::string& name) {
  const char* path = getenv("PATH");
  const std::string folders =
      absl::StrCat(path == nullptr ? "" : path, ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin");
  for (const auto& folder : absl::StrSplit(folders, ':', absl::SkipEmpty())) {
    std::string program = absl::StrCat(folder, "/", name);
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

absl::StatusOr<pid_t> SpawnDetached(std::vector<std::string> command, const std::string& log_file,
                                    const std::string& directory) {
  std::vector<std::string> environment = DetachedEnvironment();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawn_file_actions_addchdir_np(&files, directory.c_str());
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, command[0].c_str(), &files, &attributes,
                                PointersTo(command).data(), PointersTo(environment).data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    return absl::UnavailableError(absl::StrCat("start ", command[0], ": ", strerror(error)));
  return pid;
}

std::string LastLines(const std::string& file) {
  const std::string text = ReadFileOrEmpty(file);
  return text.substr(text.size() > 600 ? text.size() - 600 : 0);
}

}  // namespace weft::runtime
