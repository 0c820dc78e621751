#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

// Directories of configuration, in which each file *.yaml describes one thing with a name.
namespace weft::config {

// The files *.yaml of `directory`, in order. A directory that does not exist is empty.
std::vector<std::string> YamlFiles(const std::string& directory);

// A text that changes whenever a file of `directory` is added, removed, replaced or written.
std::string SignatureOf(const std::string& directory);

// What a directory holds.
template <typename Config>
struct Entries {
  std::vector<Config> configs;        // By name.
  std::vector<std::string> problems;  // Of files that cannot be used: "FILE: what is wrong".
};

// Reads every file of `directory` with `read`, whose error names the file. A file that cannot be
// used leaves the others alone; of two with one name the first counts. `what`: "runtime".
template <typename Config>
Entries<Config> ReadDirectory(const std::string& directory, std::string_view what,
                              absl::StatusOr<Config> (*read)(const std::string& path)) {
  Entries<Config> entries;
  for (const std::string& file : YamlFiles(directory)) {
    absl::StatusOr<Config> config = read(file);
    const auto same_name = [&](const Config& other) {
      return config.ok() && other.name == config->name;
    };
    // Of a file that went since it was listed there is nothing to say.
    if (absl::IsNotFound(config.status())) continue;
    if (!config.ok()) {
      entries.problems.emplace_back(config.status().message());
    } else if (std::any_of(entries.configs.begin(), entries.configs.end(), same_name)) {
      entries.problems.push_back(absl::StrCat(file, ": another file names the ",
                                              absl::string_view(what.data(), what.size()), " ",
                                              config->name, " too"));
    } else {
      entries.configs.push_back(*std::move(config));
    }
  }
  std::sort(entries.configs.begin(), entries.configs.end(),
            [](const Config& a, const Config& b) { return a.name < b.name; });
  return entries;
}

}  // namespace weft::config
