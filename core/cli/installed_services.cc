#include "core/cli/installed_services.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <string.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/cli/process_record.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kProviderPrefix[] = "weft-provider-";

bool IsProgram(const fs::path& path) {
  std::error_code ec;
  return fs::is_regular_file(path, ec) && access(path.c_str(), X_OK) == 0;
}

Service MakeService(const std::string& name, const fs::path& program, const DataDirectory& data) {
  Service service = {.name = name, .program = program.string()};
  service.environment = {absl::StrCat("WEFT_DATA=", data.path())};
  if (absl::StartsWith(name, kProviderPrefix)) {
    service.provider = name.substr(strlen(kProviderPrefix));
    service.address = data.SocketAddress(name);
    service.arguments = {"--listen", service.address};
    service.environment.push_back(absl::StrCat("WEFT_LISTEN=", service.address));
  } else {
    service.address = data.SocketAddress(name.substr(strlen("weft-")));
    service.arguments = {"--data", data.path()};
    if (name == kRuntimeService)
      service.note = "it may have to start a container engine: up to a minute";
  }
  return service;
}

// A plain YAML scalar where that is safe, else a quoted one.
std::string YamlScalar(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return isalnum(c) || strchr("/._-:", c) != nullptr;
  });
  if (plain && !text.empty() && text.back() != ':') return std::string(text);
  return json::Canonical(json::value(text));  // A JSON string is a YAML double-quoted scalar.
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
                                                  const DataDirectory& data) {
  std::vector<Service> services;
  std::error_code ec;
  for (fs::directory_iterator entry(folder, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    const bool ours =
        name == kCoreService || name == kRuntimeService ||
        (absl::StartsWith(name, kProviderPrefix) && name.find('.') == std::string::npos);
    if (ours && IsProgram(entry->path()))
      services.push_back(MakeService(name, entry->path(), data));
  }
  std::sort(services.begin(), services.end(),
            [](const Service& a, const Service& b) { return a.name < b.name; });
  for (const char* needed : {kCoreService, kRuntimeService}) {
    const bool found = std::any_of(services.begin(), services.end(),
                                   [&](const Service& s) { return s.name == needed; });
    if (!found)
      return absl::NotFoundError(absl::StrCat("there is no program ", needed, " in ", folder));
  }
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

std::string ProviderFile(const Service& service, std::string_view artifact) {
  return absl::StrCat("# Written by `weft up` whenever it starts this provider.\n",
                      "name: ", YamlScalar(service.provider), "\n",
                      "address: ", YamlScalar(service.address), "\n",
                      "artifact: ", absl::string_view(artifact.data(), artifact.size()), "\n");
}

}  // namespace weft::cli
