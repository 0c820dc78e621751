// Reads the volumes of a pod: Kubernetes API, core/v1 Volume and VolumeMount.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/json_list.h"
#include "runtime/base/quantity.h"
#include "runtime/local/read_pod.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

constexpr int64_t kMostMode = 0777;

// Parts that are names, with "/" between them.
bool IsRelative(const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part.rfind("..", 0) == 0;
  });
}

bool IsMountPath(const std::string& path) {
  return path.size() > 1 && path.front() == '/' && path.find(':') == std::string::npos &&
         IsRelative(path.substr(1, path.size() - (path.back() == '/' ? 2 : 1)));
}

void ReadFiles(const json::value& source, const std::string& at, const char* kind, const char* name,
               Volume& volume, std::vector<Problem>& problems) {
  volume.kind = kind;
  volume.object = json::GetString(source, {name});
  if (volume.object.empty()) Refuse(problems, absl::StrCat(at, "/", name), "a name is needed");
  volume.optional = json::GetBool(source, {"optional"});
  volume.mode =
      static_cast<int>(Reader(source, at, problems).Integer("defaultMode", 0644, 0, kMostMode));
  for (const json::value& v : json::ListAt(source, "items")) {
    const std::string place = absl::StrCat(at, "/items/", volume.items.size());
    const int mode =
        static_cast<int>(Reader(v, place, problems).Integer("mode", volume.mode, 0, kMostMode));
    volume.items.push_back({json::GetString(v, {"key"}), json::GetString(v, {"path"}), mode});
    if (volume.items.back().key.empty()) Refuse(problems, place + "/key", "a key is needed");
    if (!IsRelative(volume.items.back().path))
      Refuse(problems, place + "/path", "not a relative path", volume.items.back().path,
             "names with \"/\" between them, none of which begins with \"..\"");
  }
}

void ReadEmpty(const json::value& source, const std::string& at, Volume& volume,
               std::vector<Problem>& problems) {
  volume.memory = Reader(source, at, problems).OneOf("medium", "", {"", "Memory"}) == "Memory";
  const json::value* limit = json::Find(source, "sizeLimit");
  if (limit == nullptr) return;
  const std::string text =
      limit->is_string() ? std::string(limit->get_string()) : json::Canonical(*limit);
  const std::optional<int64_t> milli = runtime::ParseQuantityMilli(text);
  if (!milli.has_value())
    Refuse(problems, at + "/sizeLimit", "not a quantity", text, "such as 64Mi");
  volume.memory_bytes = milli.value_or(0) / 1000;
}

void ReadClaim(const json::value& source, const std::string& at, Volume& volume,
               std::vector<Problem>& problems) {
  volume.claim = json::GetString(source, {"claimName"});
  if (!IsDnsLabel(volume.claim))
    Refuse(problems, at + "/claimName", "not a DNS label", volume.claim);
  volume.read_only = json::GetBool(source, {"readOnly"});
}

}  // namespace

std::vector<Volume> ReadVolumes(const json::value& pod, const std::string& at,
                                std::vector<Problem>& problems) {
  std::vector<Volume> volumes;
  std::set<std::string> names;
  for (const json::value& v : json::ListAt(pod, "volumes")) {
    const std::string place = absl::StrCat(at, "/volumes/", volumes.size());
    Volume& volume = volumes.emplace_back();
    volume.name = json::GetString(v, {"name"});
    if (!IsDnsLabel(volume.name)) Refuse(problems, place + "/name", "not a DNS label", volume.name);
    if (!names.insert(volume.name).second)
      Refuse(problems, place + "/name", "another volume of the pod has this name", volume.name);
    int sources = 0;
    for (const char* source : {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}) {
      const json::value* found = json::Find(v, source);
      if (found == nullptr) continue;
      ++sources;
      const std::string in_source = absl::StrCat(place, "/", source);
      if (source == std::string_view("configMap"))
        ReadFiles(*found, in_source, "ConfigMap", "name", volume, problems);
      else if (source == std::string_view("secret"))
        ReadFiles(*found, in_source, "Secret", "secretName", volume, problems);
      else if (source == std::string_view("emptyDir"))
        ReadEmpty(*found, in_source, volume, problems);
      else
        ReadClaim(*found, in_source, volume, problems);
    }
    if (sources != 1)
      Refuse(problems, place, "a volume is exactly one thing", "",
             "configMap, secret, emptyDir or persistentVolumeClaim");
  }
  return volumes;
}

std::vector<VolumeMount> ReadMounts(const json::value& container, const std::string& at,
                                    const std::vector<Volume>& volumes,
                                    std::vector<Problem>& problems) {
  std::vector<VolumeMount> mounts;
  std::set<std::string> paths;
  for (const json::value& v : json::ListAt(container, "volumeMounts")) {
    const std::string place = absl::StrCat(at, "/volumeMounts/", mounts.size());
    VolumeMount& mount = mounts.emplace_back();
    mount = {json::GetString(v, {"name"}), json::GetString(v, {"mountPath"}),
             json::GetString(v, {"subPath"}), json::GetBool(v, {"readOnly"})};
    if (!IsMountPath(mount.path))
      Refuse(problems, place + "/mountPath", "not a place for a volume", mount.path,
             "an absolute path without \"..\" and \":\"");
    if (!paths.insert(mount.path).second)
      Refuse(problems, place + "/mountPath", "another volume is mounted there", mount.path);
    const auto volume = std::find_if(volumes.begin(), volumes.end(), [&](const Volume& other) {
      return other.name == mount.volume;
    });
    if (volume == volumes.end()) {
      Refuse(problems, place + "/name", "the pod has no volume of this name", mount.volume);
      continue;
    }
    // As on Kubernetes, nobody writes to them.
    if (!volume->kind.empty() || volume->read_only) mount.read_only = true;
    if (mount.file.empty()) continue;
    // What a container can write to may lead anywhere.
    if (volume->kind.empty())
      Refuse(problems, place + "/subPath",
             "the local runtime mounts single files of a ConfigMap or a Secret only", mount.file,
             "", "UNSUPPORTED_VALUE");
    if (!IsRelative(mount.file))
      Refuse(problems, place + "/subPath", "not a relative path", mount.file);
  }
  return mounts;
}

}  // namespace weft::local
