#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/load.h"

// What the benchmarks of calls print, and where they keep their sockets.
namespace weft::bench {

// The figures of one benchmark by the number of calls outstanding.
using Series = std::map<int, Figures>;

// Measures `start` with 1, 16 and 64 calls outstanding and prints each as one JSON line, with its
// ratios to `references`, which were measured before in this run, by name. Errors as Measure.
absl::StatusOr<Series> Run(const std::string& name, const StartCall& start,
                           const std::map<std::string, Series>& references);

// A new temporary folder that goes with its owner.
class Folder {
 public:
  // INTERNAL: it cannot be made.
  static absl::StatusOr<Folder> Make();
  Folder(Folder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  std::string Below(const std::string& name) const { return path_ / name; }
  std::string path() const { return path_; }

 private:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace weft::bench
