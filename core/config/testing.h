#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

// For tests only.
namespace weft::config {

// A folder for files, gone at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = "/tmp/weft_config_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }
  // The path of a file of this name with this text.
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

 private:
  std::string path_;
};

}  // namespace weft::config
