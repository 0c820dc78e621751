#include "core/base/files.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace weft {
namespace {

TEST(ReadFileOrEmpty, GivesEveryByte) {
  const std::string path = testing::TempDir() + "/files_test";
  std::string bytes(100'000, 'x');
  bytes[50'000] = '\0';
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(ReadFileOrEmpty(path), bytes);
  EXPECT_NE(ReadFileOrEmpty("/proc/self/stat"), "");  // Its size is said to be 0.
}

TEST(ReadFileOrEmpty, OfWhatOpensAndCannotBeReadIsEmpty) {
  EXPECT_EQ(ReadFileOrEmpty("/no/such/file"), "");
  EXPECT_EQ(ReadFileOrEmpty("/"), "");
  EXPECT_EQ(ReadFileOrEmpty("/proc/self/mem"),
            "");  // Fails as /proc does for a process that ended.
}

TEST(MakeDirectory, IsForItsUserAloneAndMadeOnce) {
  const std::string path = testing::TempDir() + "/files_test_directory";
  std::filesystem::remove_all(path);
  EXPECT_TRUE(MakeDirectory(path).ok());
  EXPECT_TRUE(MakeDirectory(path).ok());
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
  EXPECT_EQ(MakeDirectory(path + "/no/such").code(), absl::StatusCode::kFailedPrecondition);
}

TEST(SyncDirectory, SaysWhatItCannotSync) {
  EXPECT_TRUE(SyncDirectory(testing::TempDir(), fsync).ok());
  EXPECT_TRUE(SyncDirectory(testing::TempDir(), syncfs).ok());
  const absl::Status missing = SyncDirectory("/no/such", fsync);
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(missing.message(), "sync /no/such: No such file or directory");
}

}  // namespace
}  // namespace weft
