#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace weft::check {

// A provider's program, started on a unix socket of its own by the container contract (WEFT_LISTEN,
// WEFT_ARTIFACT). Ends with the object. Not thread-safe.
class Program {
 public:
  // What it prints goes to our standard error. Does not wait until it serves. NOT_FOUND: it cannot
  // be executed. INTERNAL: no folder for its socket can be made.
  static absl::StatusOr<Program> Start(const std::vector<std::string>& arguments);
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;
  // SIGKILL, if it still runs.
  ~Program();

  const std::string& address() const { return address_; }  // "unix:/..."
  // What it was given as WEFT_ARTIFACT.
  static const char* artifact() { return "sha256:checked"; }

  // Asks it to drain: SIGTERM.
  void Terminate() const;
  // Waits for its end: its exit status, or -SIGNAL. DEADLINE_EXCEEDED: it goes on.
  absl::StatusOr<int> AwaitEnd(absl::Duration limit);

 private:
  Program(pid_t pid, std::string folder, std::string address)
      : pid_(pid), folder_(std::move(folder)), address_(std::move(address)) {}

  pid_t pid_;
  std::string folder_;  // Of the socket.
  std::string address_;
};

}  // namespace weft::check
