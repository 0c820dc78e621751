#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/base/data_directory.h"
#include "core/base/process.h"
#include "core/cli/installed_services.h"

namespace weft::cli {

// Starts `service` as a child in a session of its own, with its output appended to
// logs/NAME.log and an empty signal mask. The child writes its own record (process_record.h) before
// it becomes the program: whenever the caller dies, a program that runs has a record.
//
// `artifact` is the measured digest of the program; providers get it as WEFT_ARTIFACT, and the
// core's address as WEFT_CORE. What may call the core gets a new token (auth::NewToken) in the
// descriptor that WEFT_TOKEN_FD names. FAILED_PRECONDITION: the token cannot be stored.
// UNAVAILABLE: the log cannot be opened or no process can be made. A program that cannot be
// executed ends with status 127 and says why in its log. May be called while other threads run.
absl::StatusOr<ProcessHandle> Launch(const Service& service, const std::string& artifact,
                                     int attempt, const DataDirectory& data);

// A descriptor of logs/NAME.log to append to, which the caller closes; a log of over 16 MiB is set
// aside first. UNAVAILABLE: cannot be opened.
absl::StatusOr<int> OpenLog(const DataDirectory& data, const std::string& name);

// logs/NAME.log
std::string LogPath(const DataDirectory& data, const std::string& name);

// The last `lines` lines of the file at `path`, of at most 16 KiB.
std::string LastLines(const std::string& path, int lines);

}  // namespace weft::cli
