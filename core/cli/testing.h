#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"

// What several tests of this folder need.
namespace weft::cli::testing {

// A folder below the system's for temporary files, with a short path; removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }
  // Makes a file, and the folders above it.
  void Write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

// Asks until `condition` holds. False: it does not within `limit`.
bool Eventually(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(20));

// What a program printed (output and errors) and its exit status; -1 if a signal ended it.
struct Outcome {
  int status = 0;
  std::string text;
};

// A program of a test's own; killed at the end if it still runs.
class Program {
 public:
  // Starts it with output and errors in a file.
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  Outcome Wait();            // For its end.
  std::string Text() const;  // What it printed so far.

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
};

}  // namespace weft::cli::testing
