#include "core/cli/documents.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<std::string>> FilesOf(const std::string& path) {
  std::error_code ec;
  const fs::file_status status = fs::status(path, ec);
  if (status.type() == fs::file_type::not_found)
    return absl::NotFoundError(absl::StrCat(path, ": no such file or folder"));
  if (!fs::is_directory(status)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string extension = entry->path().extension().string();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json")
      files.push_back((fs::path(path) / entry->path().filename()).string());
  }
  if (ec) return absl::PermissionDeniedError(absl::StrCat(path, ": ", ec.message()));
  if (files.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the folder has no *.yaml, *.yml or *.json file"));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

absl::StatusOr<std::vector<SourceFile>> ReadSources(const std::vector<std::string>& paths,
                                                    std::istream& in) {
  std::vector<SourceFile> sources;
  std::set<std::string> seen;
  const auto read = [](std::istream& stream) {
    return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  };
  for (const std::string& path : paths) {
    if (path == "-") {
      if (seen.insert(path).second) sources.push_back({path, read(in)});
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesOf(path));
    for (const std::string& file : files) {
      if (!seen.insert(fs::path(file).lexically_normal().string()).second) continue;
      std::ifstream stream(file, std::ios::binary);
      if (!stream) return absl::PermissionDeniedError(absl::StrCat(file, ": cannot be read"));
      sources.push_back({file, read(stream)});
    }
  }
  return sources;
}

}  // namespace weft::cli
