#include "core/config/directory.h"

#include <chrono>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/testing.h"

namespace weft::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DirectoryTest, HasItsYamlFilesInOrder) {
  const TestFolder folder;
  folder.Write("b.yaml", "");
  folder.Write("a.yaml", "");
  folder.Write("a.yaml.1234.new", "");
  EXPECT_THAT(YamlFiles(folder.path()),
              ElementsAre(folder.path() + "/a.yaml", folder.path() + "/b.yaml"));
  EXPECT_THAT(YamlFiles(folder.path() + "/none"), IsEmpty());
}

TEST(DirectoryTest, TheSignatureChangesWithEveryFile) {
  const TestFolder folder;
  const std::string empty = SignatureOf(folder.path());
  const std::string file = folder.Write("a.yaml", "name: a");
  const std::string added = SignatureOf(folder.path());
  EXPECT_NE(added, empty);
  EXPECT_EQ(SignatureOf(folder.path()), added);
  folder.Write("a.yaml", "name: ab");
  const std::string longer = SignatureOf(folder.path());
  EXPECT_NE(longer, added);
  std::filesystem::last_write_time(
      file, std::filesystem::last_write_time(file) + std::chrono::seconds(1));
  EXPECT_NE(SignatureOf(folder.path()), longer);
  std::filesystem::remove(file);
  EXPECT_EQ(SignatureOf(folder.path()), empty);
}

}  // namespace
}  // namespace weft::config
