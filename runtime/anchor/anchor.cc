// The program of containers that hold something for others: a network namespace (an anchor, whose
// rules are the runtime's: rules.h), and that and volumes (a pod's sandbox).
//
//   weft-anchor                            Does nothing, until SIGTERM.
//   weft-anchor published DIRECTORY...     A line for each: where its "..data" leads; else empty.
//   weft-anchor publish DIRECTORY NAME     Has "..data" lead to NAME, in one step, and for each
//                                          thing in NAME a link that leads there through "..data";
//                                          removes what was published before.
//   weft-anchor open DIRECTORY...          Lets every user write to those that are empty.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr char kData[] = "..data";

int Hold() {
  // The first process of a container ends at a signal only if it says so.
  std::signal(SIGTERM, [](int) { _exit(0); });
  for (;;) pause();
}

int Published(int count, char** directories) {
  for (int i = 0; i < count; ++i) {
    std::error_code none;
    puts(fs::read_symlink(fs::path(directories[i]) / kData, none).c_str());
  }
  return 0;
}

// Source: the kubelet's AtomicWriter.
int Publish(const fs::path& directory, const fs::path& name) {
  const fs::path data = directory / kData;
  const fs::path next = directory / "..data_next";
  fs::remove(next);
  fs::create_symlink(name, next);
  fs::rename(next, data);
  for (const auto& entry : fs::directory_iterator(directory / name)) {
    const fs::path link = directory / entry.path().filename();
    if (!fs::is_symlink(fs::symlink_status(link)))
      fs::create_symlink(kData / entry.path().filename(), link);
  }
  std::vector<fs::path> gone;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const fs::path file = entry.path().filename();
    const bool ours = file == kData || file == name;
    if (!ours && !fs::exists(directory / name / file)) gone.push_back(entry.path());
  }
  for (const fs::path& path : gone) fs::remove_all(path);
  return 0;
}

int Open(int count, char** directories) {
  for (int i = 0; i < count; ++i)
    if (fs::is_empty(directories[i])) fs::permissions(directories[i], fs::perms::all);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view command = count > 1 ? words[1] : "";
  if (command.empty()) return Hold();
  try {
    if (command == "published") return Published(count - 2, words + 2);
    if (command == "publish" && count == 4) return Publish(words[2], words[3]);
    if (command == "open") return Open(count - 2, words + 2);
    fputs("unknown command\n", stderr);
  } catch (const fs::filesystem_error& error) {
    fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
