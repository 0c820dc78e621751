#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/base/data_directory.h"
#include "core/base/files.h"
#include "core/base/process.h"

// The file run/NAME.pid of a data directory: which process is the service NAME. It outlives the
// supervisor, so that the next one finds what runs. One line: PID START_TIME ARTIFACT ATTEMPT.
namespace weft::cli {

// The name under which the supervisor itself has its lock, record and log.
inline constexpr char kSupervisor[] = "supervisor";

struct ProcessRecord {
  ProcessIdentity process;
  std::string artifact;  // "sha256:..." of the program file when it was started.
  int attempt = 1;       // Counts starts without a run of 10 s between them, from 1.
  bool operator==(const ProcessRecord&) const = default;
};

std::string FormatProcessRecord(const ProcessRecord& record);
std::optional<ProcessRecord> ParseProcessRecord(std::string_view text);

std::string ProcessRecordPath(const DataDirectory& data, const std::string& name);

// The record of the service `name` (or kSupervisor), if its process lives and, of a service, its
// command line names the program and this data directory. Nothing: it does not run.
std::optional<ProcessRecord> FindRunning(const DataDirectory& data, const std::string& name);

// The names of all services that have a record, whether they run or not.
std::vector<std::string> RecordedServices(const DataDirectory& data);

// Writes the record of the calling process atomically. FAILED_PRECONDITION: cannot be written.
absl::Status RecordSelf(const DataDirectory& data, const std::string& name);

void RemoveRecord(const DataDirectory& data, const std::string& name);

}  // namespace weft::cli
