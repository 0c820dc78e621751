#include "plugins/workloads/pods/volumes.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/shorten.h"

namespace weft::pods {
namespace {

constexpr char kConfigVolume[] = "weft-config";
constexpr size_t kLongestBaseName = 150;                 // A key has at most 253 characters.
constexpr int64_t kDefaultDiskBytes = int64_t{1} << 30;  // A claim has to say something.

// Unique within the component, and says to people what it is: "main.0.nginx.conf".
std::string ConfigKey(const sdk::Container& container, size_t index) {
  const std::string& path = container.config_files[index].path;
  std::string name = path.substr(path.rfind('/') + 1).substr(0, kLongestBaseName);
  for (char& c : name)
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  return absl::StrCat(container.name, ".", index, ".", name);
}

// The `data` of the ConfigMap; empty: no container has config files.
json::object ConfigData(const sdk::WorkloadRequest& request) {
  json::object data;
  for (const sdk::Container& container : request.containers)
    for (size_t i = 0; i < container.config_files.size(); ++i)
      data[ConfigKey(container, i)] = container.config_files[i].content;
  return data;
}

// By name: those of one name are one, which is read only if every container says so.
std::map<std::string, sdk::Volume> VolumesByName(const sdk::WorkloadRequest& request) {
  std::map<std::string, sdk::Volume> volumes;
  for (const sdk::Container& container : request.containers) {
    for (const sdk::Volume& volume : container.volumes) {
      const auto [found, added] = volumes.emplace(volume.name, volume);
      if (added) continue;
      found->second.read_only &= volume.read_only;
      found->second.shared |= volume.shared;
      found->second.disk_bytes = std::max(found->second.disk_bytes, volume.disk_bytes);
    }
  }
  return volumes;
}

// Source: docs/oam.md, "Volumes".
const char* AccessMode(const sdk::Volume& volume) {
  if (volume.read_only) return "ReadOnlyMany";
  return volume.shared ? "ReadWriteMany" : "ReadWriteOnce";
}

// What a platform takes as the place of a mount.
bool IsPlace(const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  return path.size() > 1 && path.front() == '/' && path.back() != '/' &&
         path.find(':') == std::string::npos &&
         std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part == ".."; });
}

// Says what is wrong with the files and volumes of one container.
class Checker {
 public:
  Checker(size_t container, sdk::Diagnostics& diagnostics)
      : at_(absl::StrCat("/containers/", container)), diagnostics_(diagnostics) {}

  void CheckPlace(const std::string& path, const std::string& field) {
    if (!IsPlace(path))
      diagnostics_.Error("BAD_MOUNT_PATH", absl::StrCat(path, " is not a place for a file"),
                         at_ + field,
                         "an absolute path without \"..\", \":\" and a \"/\" at its end");
    if (!taken_.insert(path).second)
      diagnostics_.Error("MOUNT_PATH_TAKEN",
                         absl::StrCat("two things of the container are at ", path), at_ + field);
  }

  // `first`: what another container said of the volume before, or the same.
  void CheckVolume(const sdk::Volume& volume, const sdk::Volume& first, const std::string& field) {
    CheckPlace(volume.mount_path, field + "/mountPath");
    if (volume.name == kConfigVolume)
      diagnostics_.Error("VOLUME_NAME_TAKEN",
                         absl::StrCat("the name ", kConfigVolume, " is that of config files"),
                         absl::StrCat(at_, field, "/name"));
    if (volume.ephemeral != first.ephemeral)
      diagnostics_.Error(
          "VOLUME_DIFFERS",
          absl::StrCat("another container says that the volume ", volume.name,
                       first.ephemeral ? " goes with its replica" : " outlives its replica"),
          absl::StrCat(at_, field, "/disk/ephemeral"), "volumes of one name are one volume");
  }

 private:
  const std::string at_;
  sdk::Diagnostics& diagnostics_;
  std::set<std::string> taken_;
};

void Check(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  const std::map<std::string, sdk::Volume> volumes = VolumesByName(request);
  for (size_t c = 0; c < request.containers.size(); ++c) {
    const sdk::Container& container = request.containers[c];
    Checker checker(c, diagnostics);
    for (size_t i = 0; i < container.volumes.size(); ++i)
      checker.CheckVolume(container.volumes[i], volumes.at(container.volumes[i].name),
                          absl::StrCat("/resources/volumes/", i));
    for (size_t i = 0; i < container.config_files.size(); ++i)
      checker.CheckPlace(container.config_files[i].path, absl::StrCat("/config/", i, "/path"));
  }
}

}  // namespace

json::array VolumeMounts(const sdk::Container& container) {
  json::array mounts;
  for (const sdk::Volume& volume : container.volumes) {
    json::object mount{{"name", volume.name}, {"mountPath", volume.mount_path}};
    if (volume.read_only) mount["readOnly"] = true;
    mounts.push_back(std::move(mount));
  }
  for (size_t i = 0; i < container.config_files.size(); ++i)
    mounts.push_back(json::object{{"name", kConfigVolume},
                                  {"mountPath", container.config_files[i].path},
                                  {"subPath", ConfigKey(container, i)},
                                  {"readOnly", true}});
  return mounts;
}

json::array Volumes(const sdk::WorkloadRequest& request) {
  json::array volumes;
  for (const auto& [name, volume] : VolumesByName(request)) {
    json::object out{{"name", name}};
    if (volume.ephemeral)
      out["emptyDir"] = json::object();  // What a component asks for is no limit.
    else
      out["persistentVolumeClaim"] =
          json::object{{"claimName", ClaimName(request.instance.name, name)}};
    volumes.push_back(std::move(out));
  }
  if (!ConfigData(request).empty())
    volumes.push_back(json::object{{"name", kConfigVolume},
                                   {"configMap", json::object{{"name", request.instance.name}}}});
  return volumes;
}

std::string ConfigHash(const sdk::WorkloadRequest& request) {
  json::object data = ConfigData(request);
  return data.empty() ? "" : json::Sha256(json::Canonical(json::value(std::move(data))));
}

bool HasExclusiveVolume(const sdk::WorkloadRequest& request) {
  const std::map<std::string, sdk::Volume> volumes = VolumesByName(request);
  return std::any_of(volumes.begin(), volumes.end(), [](const auto& entry) {
    const sdk::Volume& volume = entry.second;
    return !volume.ephemeral && !volume.shared && !volume.read_only;
  });
}

std::string ClaimName(const std::string& instance, const std::string& volume) {
  return Shorten(absl::StrCat(instance, "-", volume), kDnsLabelSize);
}

void AddVolumeSources(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics,
                      sdk::Parts& parts) {
  Check(request, diagnostics);
  if (json::object data = ConfigData(request); !data.empty())
    parts.Merge({"v1", "ConfigMap", request.instance.name, ""}, "",
                json::object{{"data", std::move(data)}});
  for (const auto& [name, volume] : VolumesByName(request)) {
    if (volume.ephemeral) continue;
    const int64_t bytes = volume.disk_bytes > 0 ? volume.disk_bytes : kDefaultDiskBytes;
    const json::object requests{{"storage", absl::StrCat(bytes)}};
    parts.Merge(
        {"v1", "PersistentVolumeClaim", ClaimName(request.instance.name, name), ""}, "",
        json::object{{"spec", json::object{{"accessModes", json::array{AccessMode(volume)}},
                                           {"resources", json::object{{"requests", requests}}}}}});
  }
}

}  // namespace weft::pods
