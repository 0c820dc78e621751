#include "core/base/data_directory.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/base/pending_restore.h"

namespace weft {
namespace {

class DataDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/weft_data_XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

TEST_F(DataDirectoryTest, IsClosedToOthers) {
  absl::StatusOr<DataDirectory> data = DataDirectory::Open(root_ + "/a/b/");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->path(), root_ + "/a/b");
  struct stat run;
  ASSERT_EQ(stat(data->Below("run").c_str(), &run), 0);
  EXPECT_EQ(run.st_mode & 0777, 0700u);
  ASSERT_EQ(chmod(data->Below("run").c_str(), 0755), 0);
  EXPECT_EQ(DataDirectory::Open(root_ + "/a/b").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(DataDirectoryTest, RefusesAPathWhoseSocketsCouldNotBeNamed) {
  absl::StatusOr<DataDirectory> data = DataDirectory::Open(root_ + "/" + std::string(80, 'x'));
  EXPECT_EQ(data.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(data.status().message()), testing::HasSubstr("WEFT_DATA"));
}

TEST_F(DataDirectoryTest, HasOneIdentityHoweverManyAskAtOnce) {
  absl::StatusOr<DataDirectory> data = DataDirectory::Open(root_);
  ASSERT_TRUE(data.ok());
  std::vector<std::string> ids(8);
  std::vector<std::thread> threads;
  for (std::string& id : ids)
    threads.emplace_back([&] { id = data->Installation().value_or("ERROR"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1u);
  EXPECT_EQ(ids[0].size(), 12u);
}

TEST_F(DataDirectoryTest, IsNotUsedInTheMiddleOfARestore) {
  absl::StatusOr<DataDirectory> data = DataDirectory::Open(root_);
  ASSERT_TRUE(data.ok());
  for (const char* pending : {kRestoreReady, kRestoreMoving}) {
    EXPECT_TRUE(data->CheckRestored().ok());
    std::filesystem::create_directory(data->Below(pending));
    for (const absl::Status& status : {data->CheckRestored(), data->Installation().status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_THAT(std::string(status.message()), testing::HasSubstr("weft restore"));
    }
    std::filesystem::remove(data->Below(pending));
  }
  EXPECT_TRUE(data->Installation().ok());
}

TEST_F(DataDirectoryTest, IsLockedByOneProcess) {
  absl::StatusOr<DataDirectory> data = DataDirectory::Open(root_);
  ASSERT_TRUE(data.ok());
  ASSERT_TRUE(data->Lock("core").ok());
  const absl::Status second = data->Lock("core");
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.message()), testing::HasSubstr(std::to_string(getpid())));
  EXPECT_TRUE(data->Lock("other").ok());
}

}  // namespace
}  // namespace weft
