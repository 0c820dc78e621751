#include "runtime/engine/tar.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace weft::engine {
namespace {

TEST(TarOf, IsReadByTar) {
  char folder[] = "/tmp/weft-tar-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::filesystem::path path(folder);
  const std::string bytes(700, 'x');
  const std::string long_name(253, 'k');
  std::ofstream(path / "one.tar", std::ios::binary)
      << TarOf({{.type = TarEntry::Type::kDirectory, .path = "open", .mode = 0777},
                {.path = "open/" + long_name, .content = bytes, .mode = 0640},
                {.type = TarEntry::Type::kLink, .path = "link", .content = "open/" + long_name}});
  ASSERT_EQ(system(("cd " + path.string() + " && tar -xpf one.tar").c_str()), 0);
  std::ifstream file(path / "link", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), bytes);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path / "link").permissions(), perms{0640});
  EXPECT_EQ(std::filesystem::status(path / "open").permissions(), perms{0777});
  EXPECT_TRUE(std::filesystem::is_symlink(path / "link"));
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace weft::engine
