#include "core/cli/launch.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <linux/close_range.h>
#include <map>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "core/auth/tokens.h"
#include "core/base/pointers.h"
#include "core/base/status.h"
#include "core/cli/process_record.h"

extern char** environ;

namespace weft::cli {
namespace {

constexpr int kTokenDescriptor = 3;
constexpr off_t kLogLimit = 16 << 20;  // A larger log is set aside when its service starts.

// Everything that the child needs, made before fork(2): between fork and exec it may only do what
// signal-safety(7) lists, because other threads of the parent may have held any lock.
struct ChildPlan {
  std::string program, record, record_temporary, record_rest;
  std::vector<std::string> arguments, environment;
  std::vector<char*> argv, envp;
  int log = -1;
  int token = -1;  // What WEFT_TOKEN_FD names; -1: nothing.
};

std::vector<std::string> Environment(const Service& service, const std::string& artifact,
                                     const DataDirectory& data, bool has_token) {
  std::map<std::string, std::string> variables;
  const auto set = [&](const std::string& assignment) {
    variables[assignment.substr(0, assignment.find('='))] = assignment;
  };
  for (char** variable = environ; *variable != nullptr; ++variable) set(*variable);
  for (const std::string& assignment : service.environment) set(assignment);
  if (!service.provider.empty()) {
    set(absl::StrCat("WEFT_ARTIFACT=", artifact));
    set(absl::StrCat("WEFT_CORE=", data.SocketAddress("core")));
  }
  if (has_token) set(absl::StrCat("WEFT_TOKEN_FD=", kTokenDescriptor));
  std::vector<std::string> assignments;
  assignments.reserve(variables.size());
  for (auto& [name, assignment] : variables) assignments.push_back(std::move(assignment));
  return assignments;
}

// The decimal digits of `number`; safe after fork.
size_t WriteDecimal(uint64_t number, char* out) {
  char reversed[20];
  size_t length = 0;
  do {
    reversed[length++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  for (size_t i = 0; i < length; ++i) out[i] = reversed[length - 1 - i];
  return length;
}

// The start time of the calling process as text; safe after fork. 0: unreadable.
size_t ReadOwnStartTime(char* out) {
  char stat[1024];
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? -1 : read(fd, stat, sizeof stat - 1);
  if (fd >= 0) close(fd);
  ssize_t at = size - 1;
  while (at >= 0 && stat[at] != ')') --at;
  if (at < 0) return 0;
  // After the name: " S PPID ...", so that field 22 follows the 20th blank.
  for (int blanks = 0; at < size && blanks < 20; ++at) blanks += stat[at + 1] == ' ' ? 1 : 0;
  size_t length = 0;
  for (++at; at < size && stat[at] >= '0' && stat[at] <= '9' && length < 20; ++at)
    out[length++] = stat[at];
  return length;
}

bool WriteRecord(const ChildPlan& plan) {
  char head[64];
  size_t size = WriteDecimal(static_cast<uint64_t>(getpid()), head);
  head[size++] = ' ';
  const size_t start_time = ReadOwnStartTime(head + size);
  size += start_time;
  const int fd =
      open(plan.record_temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || start_time == 0) return false;
  const bool written = write(fd, head, size) == static_cast<ssize_t>(size) &&
                       write(fd, plan.record_rest.data(), plan.record_rest.size()) ==
                           static_cast<ssize_t>(plan.record_rest.size());
  close(fd);
  return written && rename(plan.record_temporary.c_str(), plan.record.c_str()) == 0;
}

[[noreturn]] void BecomeService(const ChildPlan& plan) {
  setsid();
  dup2(plan.log, STDOUT_FILENO);
  dup2(plan.log, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  // Closed by execve and not before: the child holds the supervisor's lock until it is the program,
  // so that no other supervisor looks for it too early.
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  // The one descriptor that the program gets; dup2 clears the flag, but not on itself.
  if (plan.token == kTokenDescriptor) {
    fcntl(plan.token, F_SETFD, 0);
  } else if (plan.token >= 0) {
    dup2(plan.token, kTokenDescriptor);
  }
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const char* failed = "weft: cannot write the process record\n";
  if (WriteRecord(plan)) {
    execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
    failed = "weft: cannot execute the program\n";
  }
  if (write(STDERR_FILENO, failed, strlen(failed)) < 0) _exit(126);
  _exit(127);
}

// A descriptor from which `service` reads a new token of its own; -1: it calls nobody.
absl::StatusOr<int> OpenToken(const Service& service, const DataDirectory& data) {
  if (!auth::CallerOf(service.name).ok()) return -1;
  WEFT_ASSIGN_OR_RETURN(const std::string token, auth::NewToken(data, service.name));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return absl::UnavailableError(absl::StrCat("make a pipe: ", strerror(errno)));
  // It fits into the pipe's buffer.
  const bool written =
      write(ends[1], token.data(), token.size()) == static_cast<ssize_t>(token.size());
  close(ends[1]);
  if (written) return ends[0];
  close(ends[0]);
  return absl::UnavailableError("write a token into a pipe");
}

}  // namespace

absl::StatusOr<int> OpenLog(const DataDirectory& data, const std::string& name) {
  const std::string path = LogPath(data, name);
  struct stat log;
  if (stat(path.c_str(), &log) == 0 && log.st_size > kLogLimit)
    rename(path.c_str(), (path + ".1").c_str());
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("open ", path, ": ", strerror(errno)));
  return fd;
}

std::string LogPath(const DataDirectory& data, const std::string& name) {
  return absl::StrCat(data.path(), "/logs/", name, ".log");
}

std::string LastLines(const std::string& path, int lines) {
  constexpr std::streamoff kMost = 16 * 1024;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : 0;
  std::string text(static_cast<size_t>(std::min(size, kMost)), '\0');
  in.seekg(size - static_cast<std::streamoff>(text.size()));
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  size_t begin = text.size();
  if (begin > 0 && text[begin - 1] == '\n') --begin;
  for (; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && --lines == 0) break;
  }
  return text.substr(begin);
}

absl::StatusOr<ProcessHandle> Launch(const Service& service, const std::string& artifact,
                                     int attempt, const DataDirectory& data) {
  ChildPlan plan;
  plan.program = service.program;
  plan.record = ProcessRecordPath(data, service.name);
  plan.record_temporary = plan.record + ".new";
  plan.record_rest = absl::StrCat(" ", artifact, " ", attempt, "\n");
  plan.arguments = service.arguments;
  plan.arguments.insert(plan.arguments.begin(), service.program);
  WEFT_ASSIGN_OR_RETURN(plan.token, OpenToken(service, data));
  const absl::Cleanup close_token = [&] { close(plan.token); };
  plan.environment = Environment(service, artifact, data, plan.token >= 0);
  plan.argv = PointersTo(plan.arguments);
  plan.envp = PointersTo(plan.environment);
  WEFT_ASSIGN_OR_RETURN(plan.log, OpenLog(data, service.name));
  // A record that a dead process left must not be taken for the child's.
  RemoveRecord(data, service.name);
  const pid_t pid = fork();
  if (pid == 0) BecomeService(plan);
  const int error = errno;
  close(plan.log);
  if (pid < 0)
    return absl::UnavailableError(absl::StrCat("start ", service.name, ": ", strerror(error)));
  return ProcessHandle::OpenChild(pid);
}

}  // namespace weft::cli
