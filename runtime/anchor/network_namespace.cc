#include "runtime/anchor/network_namespace.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::anchor {
namespace {

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Enter(const std::string& file) {
  const Descriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return absl::ErrnoToStatus(errno, "open the network namespace " + file);
  if (setns(fd.get(), CLONE_NEWNET) != 0)
    return absl::ErrnoToStatus(errno, "enter the network namespace " + file);
  return absl::OkStatus();
}

// The exit status of `program -f -`, or -1 with errno.
int RunWith(const std::string& program, int input, int output) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_adddup2(&files, output, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  std::string name = "nft", option = "-f", from = "-";
  char* arguments[] = {name.data(), option.data(), from.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  errno = error;
  if (error != 0) return -1;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return status;
}

std::string ReadBack(int fd) {
  char text[500];
  const ssize_t size = pread(fd, text, sizeof text, 0);
  return std::string(text, size > 0 ? size : 0);
}

}  // namespace

absl::Status RunInNetworkNamespace(const std::string& file,
                                   const std::function<absl::Status()>& work) {
  absl::Status status;
  // A namespace is a property of a thread, so a thread is all it takes, and it cannot be left
  // behind.
  std::thread thread([&] {
    status = Enter(file);
    if (status.ok()) status = work();
  });
  thread.join();
  return status;
}

// In the sbin folders too, which a user's PATH may lack.
absl::StatusOr<std::string> FindNft() {
  for (const char* path : {"/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft", "/usr/bin/nft"}) {
    if (access(path, X_OK) == 0) return path;
  }
  return absl::FailedPreconditionError("nft is not installed: apt-get install nftables");
}

absl::Status RunNft(const std::string& rules) {
  WEFT_ASSIGN_OR_RETURN(const std::string program, FindNft());
  // Files in memory rather than pipes: neither side can wait for the other.
  const Descriptor input(memfd_create("nft-rules", MFD_CLOEXEC));
  const Descriptor output(memfd_create("nft-output", MFD_CLOEXEC));
  if (input.get() < 0 || output.get() < 0) return absl::ErrnoToStatus(errno, "memfd_create");
  if (pwrite(input.get(), rules.data(), rules.size(), 0) != static_cast<ssize_t>(rules.size()))
    return absl::ErrnoToStatus(errno, "write the rules");
  const int exit_status = RunWith(program, input.get(), output.get());
  if (exit_status == 0) return absl::OkStatus();
  if (exit_status < 0) return absl::ErrnoToStatus(errno, "run " + program);
  return absl::InternalError(absl::StrCat("nft: ", ReadBack(output.get())));
}

absl::Status SetParameter(const std::string& name, const std::string& value) {
  std::ofstream file("/proc/sys/net/" + name);
  file << value << std::flush;
  return file ? absl::OkStatus() : absl::ErrnoToStatus(errno, "write /proc/sys/net/" + name);
}

}  // namespace weft::anchor
