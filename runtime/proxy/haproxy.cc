#include "runtime/proxy/haproxy.h"

#include <chrono>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <set>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/base/detached_process.h"

namespace weft::proxy {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kStartLimit = absl::Seconds(20);
constexpr absl::Duration kEndOthers = absl::Seconds(30);
constexpr auto kTick = std::chrono::milliseconds(10);

// Not as root, what listens to everybody.
ProxyUser UserToRunAs() {
  if (geteuid() != 0) return {};
  const passwd* user = getpwnam("haproxy");
  if (user == nullptr) user = getpwnam("nobody");
  if (user == nullptr) return {};
  const std::string name = user->pw_name;
  const group* own = getgrgid(user->pw_gid);
  return {name, own == nullptr ? name : own->gr_name};
}

std::vector<fs::path> FilesIn(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator entry(directory, ec), end; !ec && entry != end; entry.increment(ec))
    files.push_back(entry->path());
  return files;
}

}  // namespace

HaProxy::HaProxy(std::string directory)
    : directory_(std::move(directory)),
      user_(UserToRunAs()),
      pid_file_(directory_ + "/haproxy.pid") {}

std::string HaProxy::ConfigFile(const ProxySetup& setup, const std::string& config) const {
  std::string all = config;
  for (const Certificate& certificate : setup.certificates)
    absl::StrAppend(&all, certificate.name, "\n", certificate.pem);
  return absl::StrCat(directory_, "/haproxy-", json::Sha256(all).substr(sizeof("sha256:") - 1, 16),
                      ".cfg");
}

pid_t HaProxy::Running() const {
  const pid_t pid = runtime::ReadPid(pid_file_);
  return runtime::RunsWith(pid, directory_ + "/haproxy-") ? pid : -1;
}

bool HaProxy::Runs() const { return Running() > 0; }

absl::Status HaProxy::Serve(const ProxySetup& setup) {
  const std::string config = ConfigText(setup, user_);
  const std::string config_file = ConfigFile(setup, config);
  pid_t before = Running();
  if (before < 0 || !runtime::RunsWith(before, config_file)) {
    WEFT_RETURN_IF_ERROR(WriteFiles(setup));
    WEFT_RETURN_IF_ERROR(WriteFileAtomically(config_file, config));
    if (before > 0 && access(absl::StrCat(directory_, "/", kSocketFile).c_str(), F_OK) != 0) {
      // Nobody can take over its sockets.
      kill(before, SIGUSR1);
      before = -1;
    }
    WEFT_RETURN_IF_ERROR(Start(config_file, before));
    RemoveFilesBut(setup, config_file);
    end_others_at_ = absl::InfinitePast();
  }
  EndOthers(Running());
  return absl::OkStatus();
}

absl::Status HaProxy::WriteFiles(const ProxySetup& setup) const {
  WEFT_RETURN_IF_ERROR(MakeDirectory(directory_));
  WEFT_RETURN_IF_ERROR(MakeDirectory(absl::StrCat(directory_, "/", kCertificates)));
  for (const Certificate& certificate : setup.certificates)
    WEFT_RETURN_IF_ERROR(WriteFileAtomically(
        absl::StrCat(directory_, "/", CertificateFile(certificate)), certificate.pem));
  return WriteFileAtomically(absl::StrCat(directory_, "/", CertificateListFile(setup)),
                             CertificateListText(setup));
}

// The program comes back when it listens and has put itself into the background, or with what is
// wrong. The process before is told nothing until then: HAProxy's own `-sf` would have it stop
// listening for a while if the other cannot.
absl::Status HaProxy::Start(const std::string& config_file, pid_t before) const {
  const std::string program = runtime::FindProgram("haproxy");
  if (program.empty())
    return absl::UnavailableError("haproxy is not installed: apt-get install haproxy");
  const std::string said = directory_ + "/start.log";
  unlink(said.c_str());
  std::vector<std::string> command = {program, "-D", "-f", config_file, "-p", pid_file_};
  if (before > 0) command.insert(command.end(), {"-x", kSocketFile});
  WEFT_ASSIGN_OR_RETURN(const pid_t pid, runtime::SpawnDetached(command, said, directory_));
  int status = 0;
  const absl::Time limit = absl::Now() + kStartLimit;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (absl::Now() > limit) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
      return absl::UnavailableError("haproxy does not come up");
    }
    std::this_thread::sleep_for(kTick);
  }
  if (status != 0)
    return absl::UnavailableError(absl::StrCat("haproxy: ", runtime::LastLines(said)));
  if (before > 0) kill(before, SIGUSR1);  // It ends with its last request.
  spdlog::info("msg=\"haproxy serves a new configuration\" pid={}", runtime::ReadPid(pid_file_));
  return absl::OkStatus();
}

// Keys of certificates that are not served any more must not stay.
void HaProxy::RemoveFilesBut(const ProxySetup& setup, const std::string& config_file) const {
  std::set<fs::path> wanted = {config_file, directory_ + "/" + CertificateListFile(setup)};
  for (const Certificate& certificate : setup.certificates)
    wanted.insert(directory_ + "/" + CertificateFile(certificate));
  std::error_code ec;
  for (const fs::path& file : FilesIn(directory_))
    if (file.extension() == ".cfg" && !wanted.contains(file)) fs::remove(file, ec);
  for (const fs::path& file : FilesIn(fs::path(directory_) / kCertificates))
    if (!wanted.contains(file)) fs::remove(file, ec);
}

// One that a runtime started that then died, or that was not told to end. A process that ends
// already is not disturbed by being told again.
void HaProxy::EndOthers(pid_t but) {
  if (absl::Now() < end_others_at_) return;
  end_others_at_ = absl::Now() + kEndOthers;
  for (const fs::path& process : FilesIn("/proc")) {
    int pid = 0;
    if (absl::SimpleAtoi(process.filename().string(), &pid) && pid != but && pid != getpid() &&
        runtime::RunsWith(pid, directory_ + "/haproxy-"))
      kill(pid, SIGUSR1);
  }
}

void HaProxy::Stop() {
  const pid_t pid = Running();
  if (pid < 0) return;
  spdlog::info("msg=\"haproxy ends: there is no ingress\" pid={}", pid);
  kill(pid, SIGUSR1);
  // Not the one that serves any more, though it may have a last request.
  unlink(pid_file_.c_str());
  RemoveFilesBut({}, "");
}

}  // namespace weft::proxy
