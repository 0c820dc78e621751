#include "runtime/anchor/program_files.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"

namespace weft::anchor {
namespace {

constexpr char kLibraries[] = "/lib";
constexpr char kLoader[] = "/lib/loader";

absl::StatusOr<engine::TarEntry> FileAs(const std::string& path, const std::string& from) {
  std::ifstream file(from, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return absl::FailedPreconditionError("cannot read " + from);
  return engine::TarEntry{
      .path = path.substr(1), .content = std::move(content).str(), .mode = 0755};
}

// What ldd(1) says of a program.
std::string LibrariesOf(const std::string& program) {
  const std::unique_ptr<FILE, int (*)(FILE*)> ldd(popen(("ldd " + program).c_str(), "r"), &pclose);
  std::string text;
  char piece[4096];
  while (ldd != nullptr && fgets(piece, sizeof piece, ldd.get()) != nullptr) text += piece;
  return text;
}

}  // namespace

absl::StatusOr<std::vector<engine::TarEntry>> ProgramWithLibraries(const std::string& program,
                                                                   const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(engine::TarEntry own, FileAs(path, program));
  std::vector<engine::TarEntry> files = {std::move(own)};
  // "NAME => PATH (0x...)", and the loader as "PATH (0x...)".
  const std::string libraries = LibrariesOf(program);
  const std::vector<std::string> lines = absl::StrSplit(libraries, '\n');
  bool has_loader = false;
  for (const std::string& line : lines) {
    const size_t start = line.find('/');
    if (start == std::string::npos) continue;
    const std::string from = line.substr(start, line.find(' ', start) - start);
    const bool is_loader = line.find("=>") == std::string::npos;
    has_loader |= is_loader;
    WEFT_ASSIGN_OR_RETURN(
        engine::TarEntry file,
        FileAs(is_loader ? kLoader : absl::StrCat(kLibraries, from.substr(from.rfind('/'))), from));
    files.push_back(std::move(file));
  }
  if (!has_loader || libraries.find("not found") != std::string::npos)
    return absl::FailedPreconditionError(
        absl::StrCat("the libraries of ", program, " are not known: ", libraries));
  return files;
}

std::vector<std::string> CommandInImage(const std::string& path) {
  return {kLoader, "--library-path", kLibraries, path};
}

}  // namespace weft::anchor
