#include "runtime/proxy/haproxy.h"

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <set>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/base/detached_process.h"

namespace weft::proxy {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kStartLimit = absl::Seconds(20);
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

// The answer of a proxy at the socket in `directory`, whose own name may be too long for an
// address; empty: nobody answers.
std::string Ask(const std::string& directory, const std::string& question) {
  const int at = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  absl::SNPrintF(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", at, kSocketFile);
  const timeval limit = {2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  std::string answer;
  if (at >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, question.data(), question.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<size_t>(n));
  }
  if (at >= 0) close(at);
  if (fd >= 0) close(fd);
  return answer;
}

}  // namespace

HaProxy::HaProxy(std::string directory) : directory_(std::move(directory)), user_(UserToRunAs()) {}

std::string HaProxy::ConfigFile(const ProxySetup& setup, const std::string& config) const {
  std::string all = config;
  for (const Certificate& certificate : setup.certificates)
    absl::StrAppend(&all, certificate.name, "\n", certificate.pem);
  return absl::StrCat(directory_, "/haproxy-", json::Sha256(all).substr(sizeof("sha256:") - 1, 16),
                      ".cfg");
}

// Not whoever is alive: one that ends with its last request may live for an hour.
pid_t HaProxy::Serving() const {
  int pid = 0;
  for (absl::string_view line : absl::StrSplit(Ask(directory_, "show info\n"), '\n'))
    if (absl::ConsumePrefix(&line, "Pid: ") && absl::SimpleAtoi(line, &pid) && pid > 1) return pid;
  return -1;
}

bool HaProxy::Runs() const { return Serving() > 0; }

// Those of this directory, and not of another mount or container that is called the same.
std::vector<pid_t> HaProxy::Processes() const {
  std::vector<pid_t> pids;
  std::error_code ec;
  for (const fs::path& process : FilesIn("/proc")) {
    int pid = 0;
    if (!absl::SimpleAtoi(process.filename().string(), &pid) ||
        !runtime::RunsWith(pid, directory_ + "/haproxy-"))
      continue;
    const std::string program = ReadFileOrEmpty(process / "comm");
    if (program == "haproxy\n" && fs::equivalent(process / "cwd", directory_, ec))
      pids.push_back(pid);
  }
  return pids;
}

absl::Status HaProxy::Serve(const ProxySetup& setup) {
  const std::string config = ConfigText(setup, user_);
  const std::string config_file = ConfigFile(setup, config);
  const pid_t serving = Serving();
  if (serving < 0 || !runtime::RunsWith(serving, config_file)) {
    WEFT_RETURN_IF_ERROR(WriteFiles(setup));
    WEFT_RETURN_IF_ERROR(WriteFileAtomically(config_file, config));
    // One that does not answer cannot be taken over, and may have the address.
    if (serving < 0) EndOthers("");
    WEFT_RETURN_IF_ERROR(Start(config_file, /*takes_over=*/serving > 0));
  }
  EndOthers(config_file);
  RemoveFilesBut(setup, config_file);
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
// wrong. Whoever serves is told nothing until then: HAProxy's own `-sf` would have it stop
// listening for a while if the other cannot.
absl::Status HaProxy::Start(const std::string& config_file, bool takes_over) const {
  const std::string program = runtime::FindProgram("haproxy");
  if (program.empty())
    return absl::UnavailableError("haproxy is not installed: apt-get install haproxy");
  const std::string said = directory_ + "/start.log";
  unlink(said.c_str());
  std::vector<std::string> command = {program, "-D", "-f", config_file};
  if (takes_over) command.insert(command.end(), {"-x", kSocketFile});
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
  spdlog::info("msg=\"haproxy serves a new configuration\" file={}", config_file);
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

// Tells whatever serves something else than `config_file` (empty: anything) to end with its last
// request: also what a runtime started that then died. It does no harm to be told twice.
void HaProxy::EndOthers(const std::string& config_file) const {
  for (const pid_t pid : Processes())
    if (config_file.empty() || !runtime::RunsWith(pid, config_file)) kill(pid, SIGUSR1);
}

void HaProxy::Stop() {
  if (Serving() > 0) spdlog::info("msg=\"haproxy ends: there is no ingress\"");
  EndOthers("");
  // Nobody serves any more, though one may have a last request.
  unlink(absl::StrCat(directory_, "/", kSocketFile).c_str());
  RemoveFilesBut({}, "");
}

}  // namespace weft::proxy
