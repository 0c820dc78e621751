#include "core/cli/process_record.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/files.h"

namespace weft::cli {
namespace {

constexpr std::string_view kSuffix = ".pid";

// A record of before a reboot may by chance fit a process of today: its program and data directory
// decide.
bool BelongsTo(const DataDirectory& data, const std::string& name, pid_t pid) {
  const std::vector<std::string> arguments = CommandLine(pid);
  bool program = false, directory = false;
  for (const std::string& argument : arguments) {
    program = program || std::filesystem::path(argument).filename() == name;
    directory = directory || argument == data.path() ||
                absl::StartsWith(argument, absl::StrCat("unix:", data.path(), "/"));
  }
  return program && directory;
}

}  // namespace

std::string FormatProcessRecord(const ProcessRecord& record) {
  return absl::StrCat(record.process.pid, " ", record.process.start_time, " ",
                      record.artifact.empty() ? "-" : record.artifact, " ", record.attempt, "\n");
}

std::optional<ProcessRecord> ParseProcessRecord(std::string_view text) {
  std::istringstream in{std::string(text)};
  ProcessRecord record;
  if (!(in >> record.process.pid >> record.process.start_time >> record.artifact >> record.attempt))
    return std::nullopt;
  if (record.artifact == "-") record.artifact.clear();
  return record;
}

std::string ProcessRecordPath(const DataDirectory& data, const std::string& name) {
  return absl::StrCat(data.path(), "/run/", name, kSuffix.data());
}

std::optional<ProcessRecord> FindRunning(const DataDirectory& data, const std::string& name) {
  std::optional<ProcessRecord> record =
      ParseProcessRecord(ReadFileOrEmpty(ProcessRecordPath(data, name)));
  if (!record.has_value() || !IsAlive(record->process)) return std::nullopt;
  // The supervisor is known by its lock; its command line need not name the directory.
  if (name != kSupervisor && !BelongsTo(data, name, record->process.pid)) return std::nullopt;
  return record;
}

std::vector<std::string> RecordedServices(const DataDirectory& data) {
  std::vector<std::string> names;
  std::error_code ec;
  for (std::filesystem::directory_iterator entry(data.Below("run"), ec), end; !ec && entry != end;
       entry.increment(ec)) {
    const std::filesystem::path& path = entry->path();
    if (path.extension() == kSuffix && path.stem() != kSupervisor)
      names.push_back(path.stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status RecordSelf(const DataDirectory& data, const std::string& name) {
  return WriteFileAtomically(ProcessRecordPath(data, name),
                             FormatProcessRecord({.process = SelfIdentity()}));
}

void RemoveRecord(const DataDirectory& data, const std::string& name) {
  unlink(ProcessRecordPath(data, name).c_str());
}

}  // namespace weft::cli
