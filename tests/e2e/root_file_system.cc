#include "tests/e2e/root_file_system.h"

#include <filesystem>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "tests/e2e/command.h"

namespace weft::e2e {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const std::string& action, const std::error_code& ec) {
  return absl::NotFoundError(absl::StrCat(action, ": ", ec.message()));
}

absl::Status Copy(const fs::path& from, const fs::path& to, fs::copy_options options) {
  std::error_code ec;
  fs::create_directories(to.parent_path(), ec);
  fs::copy(from, to, options | fs::copy_options::overwrite_existing, ec);
  return ec ? Failed(absl::StrCat("copy ", from.string()), ec) : absl::OkStatus();
}

}  // namespace

RootFileSystem::RootFileSystem(std::string folder) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
}

absl::Status RootFileSystem::Add(const std::string& path) {
  return Copy(path, folder_ + path, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

absl::Status RootFileSystem::AddAs(const std::string& from, const std::string& path) {
  return Copy(from, folder_ + path, fs::copy_options::none);
}

// Lines of ldd: "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)",
// "\t/lib64/ld-linux-x86-64.so.2 (0x...)".
absl::Status RootFileSystem::AddProgram(const std::string& path) {
  WEFT_RETURN_IF_ERROR(AddAs(path, path));
  const CommandResult linked = RunCommand({"ldd", path});
  if (linked.status != 0) return absl::NotFoundError(absl::StrCat("ldd ", path, ": ", linked.err));
  std::istringstream words(linked.out);
  for (std::string word; words >> word;) {
    if (word[0] == '/') WEFT_RETURN_IF_ERROR(AddAs(word, word));
  }
  return absl::OkStatus();
}

void RootFileSystem::AddFolder(const std::string& path) { fs::create_directories(folder_ + path); }

absl::StatusOr<std::string> RootFileSystem::Archive() const {
  const std::string archive = folder_ + ".tar";
  const CommandResult made = RunCommand({"tar", "-C", folder_, "-cf", archive, "."});
  if (made.status != 0) return absl::InternalError(absl::StrCat("tar: ", made.err));
  return archive;
}

}  // namespace weft::e2e
