#include "runtime/local/volumes.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::local {
namespace {

using engine::TarEntry;

constexpr int kOpen = 0777;  // Any user of a container may write, as on Kubernetes.
constexpr int kReadable = 0755;
constexpr size_t kHashSize = 12;

absl::Status CannotSetUp(const Volume& volume, const std::string& what) {
  return absl::NotFoundError(
      absl::StrCat("MountVolume.SetUp failed for volume \"", volume.name, "\": ", what));
}

// By path.
absl::StatusOr<std::map<std::string, TarEntry>> ReadFiles(const Volume& volume,
                                                          const std::string& ns,
                                                          const FindObject& find) {
  std::map<std::string, TarEntry> files;
  const ObjectPtr object = find(volume.kind, volume.object);
  const DataSpec* data = DataOf(object);
  if (data == nullptr) {
    if (volume.optional) return files;
    return CannotSetUp(volume, NotFoundText(volume.kind, volume.object));
  }
  if (volume.items.empty())
    for (const auto& [key, content] : data->data)
      files[key] = {.path = key, .content = content, .mode = volume.mode};
  for (const Volume::Item& item : volume.items) {
    const auto found = data->data.find(item.key);
    if (found != data->data.end())
      files[item.path] = {.path = item.path, .content = found->second, .mode = item.mode};
    else if (!volume.optional)
      return CannotSetUp(volume, absl::StrCat("references non-existent key ", item.key, " of ",
                                              volume.kind, " ", ns, "/", volume.object));
  }
  return files;
}

std::string HashOf(const std::map<std::string, TarEntry>& files) {
  std::string all;
  for (const auto& [path, file] : files)
    absl::StrAppend(&all, path.size(), " ", path, " ", file.mode, " ", file.content.size(), " ",
                    file.content);
  return json::Sha256(all).substr(sizeof("sha256:") - 1, kHashSize);
}

// Makes the directories of `path` that are not made yet; those that end in "/".
void AddDirectories(const std::string& path, std::set<std::string>& made,
                    std::vector<TarEntry>& entries) {
  for (size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
    if (made.insert(path.substr(0, end)).second)
      entries.push_back(
          {.type = TarEntry::Type::kDirectory, .path = path.substr(0, end), .mode = kReadable});
}

}  // namespace

std::string VolumePath(const std::string& volume) { return absl::StrCat("/volumes/", volume); }

FilesRead FilesOf(const std::vector<Volume>& volumes, const std::string& ns,
                  const FindObject& find) {
  FilesRead all;
  for (const Volume& volume : volumes) {
    if (volume.kind.empty()) continue;
    absl::StatusOr<std::map<std::string, TarEntry>> files = ReadFiles(volume, ns, find);
    if (!files.ok()) {
      if (all.missing.ok()) all.missing = files.status();
      continue;
    }
    VolumeFiles& out = all.files[volume.name];
    out.hash = HashOf(*files);
    std::set<std::string> made;
    AddDirectories(absl::StrCat("..", out.hash, "/"), made, out.files);
    for (auto& [path, file] : *files) {
      file.path = absl::StrCat("..", out.hash, "/", path);
      AddDirectories(file.path, made, out.files);
      out.files.push_back(std::move(file));
    }
  }
  return all;
}

std::string InitialArchive(const std::vector<Volume>& volumes,
                           const std::map<std::string, VolumeFiles>& files, bool directories,
                           absl::Time now) {
  std::vector<TarEntry> entries;
  for (const Volume& volume : volumes)
    if (directories && volume.kind.empty() && volume.claim.empty() && !volume.memory)
      entries.push_back({.type = TarEntry::Type::kDirectory, .path = volume.name, .mode = kOpen});
  const auto link = [](const std::string& volume, const std::string& name, const std::string& to) {
    return TarEntry{
        .type = TarEntry::Type::kLink, .path = absl::StrCat(volume, "/", name), .content = to};
  };
  // Last, as what is there then is known to be whole.
  std::vector<TarEntry> published;
  for (const auto& [volume, of] : files) {
    const std::string data = absl::StrCat("..", of.hash);
    std::set<std::string> shown;  // What is directly below.
    for (TarEntry entry : of.files) {
      const std::string below = entry.path.substr(std::min(entry.path.size(), data.size() + 1));
      if (!below.empty()) shown.insert(below.substr(0, below.find('/')));
      entry.path = absl::StrCat(volume, "/", entry.path);
      entries.push_back(std::move(entry));
    }
    for (const std::string& name : shown) entries.push_back(link(volume, name, "..data/" + name));
    published.push_back(link(volume, "..data", data));
  }
  entries.insert(entries.end(), published.begin(), published.end());
  return entries.empty() ? "" : engine::TarOf(entries, now);
}

std::string UpdateArchive(const VolumeFiles& files, absl::Time now) {
  return engine::TarOf(files.files, now);
}

}  // namespace weft::local
