#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/load.h"

// What the benchmarks of calls print, and where they keep their sockets.
namespace weft::bench {

// What others are measured against: its name and its call.
using Reference = std::pair<std::string, StartCall>;

// Measures `start` with 1, 16 and 64 calls outstanding and prints each as one JSON line, with its
// ratios to `references`. All are medians over rounds, in each of which the references are measured
// right before it: the machine is not the same from one minute to the next. Errors as Measure.
absl::Status Run(const std::string& name, const StartCall& start,
                 const std::vector<Reference>& references);

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
