#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/status/statusor.h"

namespace weft::bench {

// A child process that ends with its owner. Not thread-safe.
class Process {
 public:
  // Starts `command`, the program's path first, with this process's standard output and error and
  // its environment, in front of which stand `variables`, NAME=VALUE. INTERNAL: it cannot be
  // started.
  static absl::StatusOr<Process> Start(std::vector<std::string> command,
                                       std::vector<std::string> variables = {});
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  // Sends SIGTERM and waits for its end.
  ~Process();

  pid_t pid() const { return pid_; }
  // SIGKILL, and waits for its end.
  void Kill();

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

}  // namespace weft::bench
