#pragma once

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/status/status.h"

namespace weft::engine {

// A dockerd of an installation's own, which outlives the program that starts it: in a session of
// its own, output in a log file, containers surviving its death (--live-restore).
//
// Not thread-safe: one thread keeps it running.
class PrivateEngine {
 public:
  // `directory` is DATA/engine; the log goes to `log_file`.
  PrivateEngine(std::string directory, std::string log_file);

  const std::string& socket_path() const { return socket_path_; }

  // OK if this machine can run one: by root, and dockerd is there. FAILED_PRECONDITION says what to
  // do.
  static absl::Status CheckPossible();

  // Returns OK when the engine answers: adopts the one that runs, else starts one. Blocks, at most
  // about a minute; `stop` is asked now and then and ends it early (CANCELLED). UNAVAILABLE: it did
  // not come up; the message has the end of its log. Call again, with back-off.
  absl::Status EnsureRunning(const std::function<bool()>& stop);

 private:
  absl::Status EndOrphans(const std::function<bool()>& stop) const;
  std::string ContainerOfShim(pid_t pid, pid_t dockerd) const;
  void DetachHalfMadeLayers() const;
  bool Alive(pid_t pid) const;
  absl::Status WaitForOldContainerd(const std::function<bool()>& stop) const;
  absl::Status Start();

  const std::string directory_;
  const std::string log_file_;
  const std::string socket_path_;
  const std::string pid_file_;
  const std::string containerd_pid_file_;
  pid_t child_ = -1;  // What this process started and has not reaped yet.
  bool orphans_ended_ = false;
};

}  // namespace weft::engine
