#include "core/cli/installed_services.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/config/file.h"
#include "core/config/runtime_config.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kProviderPrefix[] = "weft-provider-";

bool IsProgram(const fs::path& path) {
  std::error_code ec;
  return fs::is_regular_file(path, ec) && access(path.c_str(), X_OK) == 0;
}

// The command line of a runtime beyond what all have.
void AddRuntimeArguments(const config::ServicesConfig& choice, Service& service) {
  if (service.runtime == "local")
    service.note = "it may have to start a container engine: up to a minute";
  if (service.runtime != config::kKubernetes) return;
  service.note = "it waits for the cluster's API server";
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) service.arguments.insert(service.arguments.end(), {option, value});
  };
  add("--kubeconfig", choice.kubeconfig);
  add("--context", choice.context);
}

Service MakeService(const std::string& name, const fs::path& program, const DataDirectory& data,
                    const config::ServicesConfig& choice) {
  Service service = {.name = name, .program = program.string()};
  service.environment = {absl::StrCat("WEFT_DATA=", data.path())};
  if (absl::StartsWith(name, kProviderPrefix)) {
    service.provider = name.substr(strlen(kProviderPrefix));
    service.address = data.SocketAddress(name);
    service.arguments = {"--listen", service.address};
    service.environment.push_back(absl::StrCat("WEFT_LISTEN=", service.address));
    return service;
  }
  service.address = data.SocketAddress(name.substr(strlen("weft-")));
  service.arguments = {"--data", data.path()};
  if (absl::StartsWith(name, kRuntimePrefix)) {
    service.runtime = name.substr(strlen(kRuntimePrefix));
    AddRuntimeArguments(choice, service);
  }
  return service;
}

std::string RuntimePath(const DataDirectory& data, const Service& service) {
  return absl::StrCat(data.path(), "/runtimes/", service.runtime, ".yaml");
}

std::string RuntimeText(const Service& service) {
  return config::RuntimeFile({.name = service.runtime, .address = service.address});
}

}  // namespace

std::string SelfPath() {
  std::error_code ec;
  return fs::read_symlink("/proc/self/exe", ec).string();
}

std::string ServiceFolder(const std::string& self) {
  const fs::path beside = fs::path(self).parent_path();
  const fs::path installed = (beside / ".." / "libexec" / "weft").lexically_normal();
  return IsProgram(installed / kCoreService) ? installed.string() : beside.string();
}

absl::StatusOr<std::vector<Service>> FindServices(const std::string& folder,
                                                  const DataDirectory& data,
                                                  const config::ServicesConfig& choice) {
  std::set<std::string> needed = {kCoreService};
  for (const std::string& runtime : choice.runtimes) needed.insert(kRuntimePrefix + runtime);
  std::vector<Service> services;
  std::error_code ec;
  for (fs::directory_iterator entry(folder, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    const bool provider =
        absl::StartsWith(name, kProviderPrefix) && name.find('.') == std::string::npos;
    if ((!provider && needed.count(name) == 0) || !IsProgram(entry->path())) continue;
    services.push_back(MakeService(name, entry->path(), data, choice));
    needed.erase(name);
  }
  if (!needed.empty())
    return absl::NotFoundError(
        absl::StrCat("there is no program ", *needed.begin(), " in ", folder));
  std::sort(services.begin(), services.end(),
            [](const Service& a, const Service& b) { return a.name < b.name; });
  return services;
}

absl::StatusOr<std::string> MeasureArtifact(const std::string& path) {
  using Identity = std::tuple<dev_t, ino_t, off_t, int64_t, int64_t, int64_t, int64_t>;
  static std::mutex mutex;
  static auto* const measured = new std::map<std::string, std::pair<Identity, std::string>>();
  struct stat file;
  if (stat(path.c_str(), &file) != 0)
    return absl::UnavailableError(absl::StrCat("read ", path, ": ", strerror(errno)));
  const Identity identity = {file.st_dev,         file.st_ino,          file.st_size,
                             file.st_mtim.tv_sec, file.st_mtim.tv_nsec, file.st_ctim.tv_sec,
                             file.st_ctim.tv_nsec};
  std::lock_guard<std::mutex> lock(mutex);
  auto& [known, digest] = (*measured)[path];
  if (digest.empty() || known != identity) {
    const std::string bytes = ReadFileOrEmpty(path);
    if (bytes.size() != static_cast<size_t>(file.st_size))
      return absl::UnavailableError(absl::StrCat("read ", path, ": it changes at the moment"));
    known = identity;
    digest = json::Sha256(bytes);
  }
  return digest;
}

std::string ProviderFile(const Service& service, std::string_view artifact,
                         const std::string& before) {
  std::string kept;
  bool keep = false;
  for (absl::string_view line : absl::StrSplit(before, '\n', absl::SkipEmpty())) {
    if (line[0] != ' ')
      keep = absl::StartsWith(line, "deadlines:") || absl::StartsWith(line, "limits:") ||
             absl::StartsWith(line, "failure_policy:");
    if (keep) absl::StrAppend(&kept, line, "\n");
  }
  return absl::StrCat(
      "# Written by `weft up` whenever it starts this provider; \"deadlines\", \"limits\" and "
      "\"failure_policy\" are yours.\n",
      "name: ", config::YamlScalar(service.provider), "\n",
      "address: ", config::YamlScalar(service.address), "\n",
      "artifact: ", absl::string_view(artifact.data(), artifact.size()), "\n", kept);
}

absl::Status WriteRuntimeFile(const DataDirectory& data, const Service& service) {
  const std::string path = RuntimePath(data, service), text = RuntimeText(service);
  // The core reads the file whenever it changes; nothing changed, nothing to read.
  return ReadFileOrEmpty(path) == text ? absl::OkStatus() : WriteFileAtomically(path, text);
}

void RemoveRuntimeFile(const DataDirectory& data, const Service& service) {
  const std::string path = RuntimePath(data, service);
  if (ReadFileOrEmpty(path) == RuntimeText(service)) unlink(path.c_str());
}

}  // namespace weft::cli
