#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/status/statusor.h"

// Programs of others that outlive the process that starts them: a container engine, a proxy.
// Thread-safe.
namespace weft::runtime {

// The path of the program `name`, on PATH or in a folder of the system's; empty: not installed.
std::string FindProgram(const std::string& name);

// Runs `command`, whose first word is a path, in a session of its own, without a descriptor or a
// signal disposition of ours, in `directory`; of the environment it gets PATH, HOME and what says
// how others are reached (proxies, certificates). Its output is appended to `log_file`. The caller
// reaps it. UNAVAILABLE: it cannot be run.
absl::StatusOr<pid_t> SpawnDetached(std::vector<std::string> command, const std::string& log_file,
                                    const std::string& directory);

// What a file of a process id says; -1: nothing.
pid_t ReadPid(const std::string& path);

// The process runs, is no zombie, and has `mark` on its command line: ids are used again.
bool RunsWith(pid_t pid, const std::string& mark);

// The last 600 bytes of a log file, for people.
std::string LastLines(const std::string& file);

}  // namespace weft::runtime
