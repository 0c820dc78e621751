#include "tests/e2e/command.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/process.h"

extern char** environ;

namespace weft::e2e {
namespace {

// What a program wrote; in memory, so that it never waits for a reader.
class Captured {
 public:
  Captured() : fd_(memfd_create("captured", MFD_CLOEXEC)) {}
  ~Captured() { close(fd_); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  int fd() const { return fd_; }
  std::string Text() const {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t n;
         (n = pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0;)
      text.append(buffer.data(), static_cast<size_t>(n));
    return text;
  }

 private:
  const int fd_;
};

// The child's exit status, or -1; it is killed when `limit` is over.
int WaitFor(pid_t pid, absl::Duration limit) {
  const auto child = ProcessHandle::OpenChild(pid);
  if (!child.ok() || !child->AwaitEnd(limit)) kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

CommandResult RunCommand(const std::vector<std::string>& arguments, absl::Duration limit) {
  std::vector<std::string> words = arguments;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const Captured out, err;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out.fd(), 1);
  posix_spawn_file_actions_adddup2(&files, err.fd(), 2);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return {-1, "", absl::StrCat("cannot run ", arguments[0])};
  const int status = WaitFor(pid, limit);
  return {status, out.Text(), err.Text()};
}

}  // namespace weft::e2e
