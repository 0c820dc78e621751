#include "tests/bench/core.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/base/status.h"

namespace weft::bench {
namespace {

constexpr char kArtifact[] = "sha256:0000";  // Of this run; the store is empty at its start.
// A line of the core's log.
constexpr char kSynced[] = "msg=\"watching a runtime\" runtime=fake complete=true";

std::string Bin(const std::string& name) { return absl::StrCat(WEFT_BIN_DIR, "/", name); }

}  // namespace

absl::StatusOr<CoreProcesses> CoreProcesses::Start() {
  WEFT_ASSIGN_OR_RETURN(Folder folder, Folder::Make());
  WEFT_ASSIGN_OR_RETURN(DataDirectory data, DataDirectory::Open(folder.Below("d")));
  CoreProcesses processes(std::move(folder), std::move(data));
  WEFT_RETURN_IF_ERROR(processes.StartOther("runtimes", "fake", {Bin("weft-runtime-fake")}));
  for (const std::string name : {"server", "manual-scaler"})
    WEFT_RETURN_IF_ERROR(processes.StartProvider(name, {Bin("weft-provider-" + name)}));
  WEFT_RETURN_IF_ERROR(processes.StartCore());
  return processes;
}

absl::Status CoreProcesses::StartProvider(const std::string& name,
                                          std::vector<std::string> command) {
  return StartOther("providers", name, std::move(command));
}

absl::Status CoreProcesses::StartOther(const std::string& kind, const std::string& name,
                                       std::vector<std::string> command) {
  const std::string address = absl::StrCat("unix:", folder_.Below(name), ".sock");
  command.insert(command.end(), {"--listen", address});
  WEFT_ASSIGN_OR_RETURN(Process process, Process::Start(std::move(command),
                                                        {absl::StrCat("WEFT_ARTIFACT=", kArtifact),
                                                         absl::StrCat("WEFT_LISTEN=", address)}));
  others_.push_back(std::move(process));
  const std::string directory = data_.Below(kind);
  std::filesystem::create_directory(directory);
  std::ofstream(absl::StrCat(directory, "/", name, ".yaml"))
      << "name: " << name << "\naddress: " << address << "\n"
      << (kind == "providers" ? absl::StrCat("artifact: ", kArtifact, "\n") : "");
  return absl::OkStatus();
}

absl::Status CoreProcesses::StartCore() {
  // Its log is read for what it says of the runtime.
  WEFT_ASSIGN_OR_RETURN(
      Process core, Process::Start({"/bin/sh", "-c", R"(exec "$0" --data "$1" 2>>"$2")",
                                    Bin("weft-core"), data_.path(), folder_.Below("core.log")}));
  core_.emplace(std::move(core));
  return absl::OkStatus();
}

absl::Status CoreProcesses::RestartCore() {
  core_->Kill();
  core_.reset();
  return StartCore();
}

int CoreProcesses::TimesSynced() const {
  std::ifstream log(folder_.Below("core.log"));
  int times = 0;
  for (std::string line; std::getline(log, line);) times += absl::StrContains(line, kSynced);
  return times;
}

int64_t CoreProcesses::Memory() const {
  int64_t size = 0, resident = 0;
  std::ifstream(absl::StrCat("/proc/", core_->pid(), "/statm")) >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

absl::Duration CoreProcesses::ProcessorTime() const {
  // Fields 14 and 15 of proc(5), in clock ticks; the second one, which may have blanks, ends at
  // ')'.
  const std::string stat = ReadFileOrEmpty(absl::StrCat("/proc/", core_->pid(), "/stat"));
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  int64_t user = 0, system = 0;
  fields >> user >> system;
  return absl::Seconds(static_cast<double>(user + system) / sysconf(_SC_CLK_TCK));
}

}  // namespace weft::bench
