#include "core/config/directory.h"

#include <filesystem>

#include "absl/strings/match.h"

namespace weft::config {

namespace fs = std::filesystem;

std::vector<std::string> YamlFiles(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory, ec)) {
    if (absl::EndsWith(entry.path().native(), ".yaml")) files.push_back(entry.path().native());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string SignatureOf(const std::string& directory) {
  std::string signature;
  for (const std::string& file : YamlFiles(directory)) {
    std::error_code gone;
    absl::StrAppend(&signature, file, " ", fs::file_size(file, gone), " ",
                    fs::last_write_time(file, gone).time_since_epoch().count(), "\n");
  }
  return signature;
}

}  // namespace weft::config
