#include "core/check/program.h"

#include <cerrno>
#include <filesystem>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "core/base/pointers.h"

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgets to say that it is C.
}

extern char** environ;

namespace weft::check {
namespace {

std::vector<std::string> Environment(const std::string& address) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("WEFT_")) variables.emplace_back(*variable);
  }
  variables.push_back(absl::StrCat("WEFT_LISTEN=", address));
  variables.push_back(absl::StrCat("WEFT_ARTIFACT=", Program::artifact()));
  return variables;
}

}  // namespace

absl::StatusOr<Program> Program::Start(const std::vector<std::string>& arguments) {
  std::string folder = (std::filesystem::temp_directory_path() / "weft-check-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return absl::InternalError(absl::StrCat("cannot make ", folder, ": ", strerror(errno)));
  const std::string address = absl::StrCat("unix:", folder, "/provider.sock");
  std::vector<std::string> words = arguments, variables = Environment(address);
  pid_t pid = 0;
  // What it prints is no part of our output.
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  const int error = posix_spawnp(&pid, words[0].c_str(), &files, nullptr, PointersTo(words).data(),
                                 PointersTo(variables).data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    std::filesystem::remove_all(folder);
    return absl::NotFoundError(absl::StrCat("cannot start ", arguments[0], ": ", strerror(error)));
  }
  return Program(pid, folder, address);
}

Program::Program(Program&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      folder_(std::exchange(other.folder_, "")),
      address_(std::move(other.address_)) {}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void Program::Terminate() const {
  if (pid_ > 0) kill(pid_, SIGTERM);
}

absl::StatusOr<int> Program::AwaitEnd(absl::Duration limit) {
  const int fd = pidfd_open(pid_, 0);
  const absl::Cleanup close_fd = [fd] { close(fd); };
  pollfd ended = {fd, POLLIN, 0};
  if (fd < 0 || poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) != 1)
    return absl::DeadlineExceededError(
        absl::StrCat("it did not end within ", absl::FormatDuration(limit)));
  int status = 0;
  waitpid(std::exchange(pid_, 0), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace weft::check
