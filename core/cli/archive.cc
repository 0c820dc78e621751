#include "core/cli/archive.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/data_directory.h"
#include "core/base/files.h"
#include "core/base/status.h"

namespace weft::cli {
namespace {

// Runs tar with `fd` as its `stream`, STDIN_FILENO or STDOUT_FILENO; its exit status.
absl::StatusOr<int> RunTar(std::vector<std::string> arguments, int stream, int fd) {
  arguments.insert(arguments.begin(), "tar");
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fd, stream);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, "tar", &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::NotFoundError(absl::StrCat("run tar: ", strerror(error)));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return absl::InternalError(absl::StrCat("wait for tar: ", strerror(errno)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

absl::Status PackArchive(const std::string& folder, const std::vector<std::string>& names,
                         const std::string& file) {
  const std::string temporary = absl::StrCat(file, ".", RandomHex(4), ".new");
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(absl::StrCat("write ", file));
  std::vector<std::string> arguments = {"-C", folder, "-cf", "-", "--"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  const absl::StatusOr<int> ended = RunTar(std::move(arguments), STDOUT_FILENO, fd);
  absl::Status status = ended.status();
  if (ended.ok() && *ended != 0)
    status = absl::FailedPreconditionError(
        absl::StrCat("write ", file, ": tar ended with status ", *ended));
  if (status.ok() && (fsync(fd) != 0 || rename(temporary.c_str(), file.c_str()) != 0))
    status = SystemError(absl::StrCat("write ", file));
  close(fd);
  if (status.ok()) return SyncDirectory(std::filesystem::absolute(file).parent_path(), fsync);
  unlink(temporary.c_str());
  return status;
}

absl::Status UnpackArchive(const std::string& file, const std::string& folder) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(absl::StrCat("read ", file, ": ", strerror(errno)));
  const absl::StatusOr<int> ended = RunTar(
      {"-C", folder, "--no-same-owner", "--no-same-permissions", "-xf", "-"}, STDIN_FILENO, fd);
  close(fd);
  WEFT_RETURN_IF_ERROR(ended.status());
  if (*ended == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(file, " cannot be taken apart: tar ended with status ", *ended));
}

}  // namespace weft::cli
