#include "core/cli/documents.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

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

absl::StatusOr<std::string> ReadAll(const std::string& name, std::istream& stream) {
  std::string text;
  char buffer[16 * 1024];
  // Through the stream, which notes an error of its buffer; an iterator over the buffer throws it.
  while (stream.read(buffer, sizeof buffer) || stream.gcount() > 0)
    text.append(buffer, static_cast<size_t>(stream.gcount()));
  if (!stream.eof()) return absl::PermissionDeniedError(absl::StrCat(name, ": cannot be read"));
  return text;
}

}  // namespace

absl::StatusOr<std::vector<SourceFile>> ReadSources(const std::vector<std::string>& paths,
                                                    std::istream& in) {
  std::vector<SourceFile> sources;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    if (path == "-") {
      if (!seen.insert(path).second) continue;
      WEFT_ASSIGN_OR_RETURN(std::string text, ReadAll(path, in));
      sources.push_back({path, std::move(text)});
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesOf(path));
    for (const std::string& file : files) {
      if (!seen.insert(fs::path(file).lexically_normal().string()).second) continue;
      std::ifstream stream(file, std::ios::binary);
      WEFT_ASSIGN_OR_RETURN(std::string text, ReadAll(file, stream));
      sources.push_back({file, std::move(text)});
    }
  }
  return sources;
}

}  // namespace weft::cli
