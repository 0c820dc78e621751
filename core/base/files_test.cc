#include "core/base/files.h"

#include <fstream>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace weft
