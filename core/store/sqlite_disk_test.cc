// A store on a disk that is full, and in a file that is damaged.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "core/base/files.h"
#include "core/store/sqlite_store.h"

namespace weft::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

absl::Status Put(Store& store, const std::string& key, const std::string& value) {
  Transaction transaction;
  transaction.Put(key, value);
  return store.Commit(std::move(transaction));
}

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/weft_disk_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/core.db";
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::unique_ptr<Store> Open() const {
    absl::StatusOr<std::unique_ptr<Store>> opened = OpenSqliteStore(path_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  std::string directory_, path_;
};

class FullDisk : public Folder {
 protected:
  void SetUp() override {
    Folder::SetUp();
    if (mount("tmpfs", directory_.c_str(), "tmpfs", 0, "size=1m") != 0)
      GTEST_SKIP() << "this needs the right to mount";
  }
  void TearDown() override {
    umount2(directory_.c_str(), MNT_DETACH);
    Folder::TearDown();
  }

  // Takes all the room there is but for `left` bytes.
  void Fill(uintmax_t left = 0) const {
    std::ofstream ballast(Ballast(), std::ios::binary | std::ios::app);
    const std::string block(4096, 'x');
    while (ballast && fs::space(directory_).available > left) ballast << block << std::flush;
  }
  std::string Ballast() const { return directory_ + "/ballast"; }
};

TEST_F(FullDisk, ACommitFailsLosesNothingAndSucceedsWhenThereIsRoom) {
  std::unique_ptr<Store> store = Open();
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(Put(*store, "before", "kept").ok());
  Fill(64 * 1024);
  // Until the file does not grow any more; what was acknowledged on the way has to stay.
  absl::Status status;
  int acknowledged = 0;
  const std::string value(8 * 1024, 'v');
  while (acknowledged < 1000) {
    status = Put(*store, "k" + std::to_string(acknowledged), value);
    if (!status.ok()) break;
    ++acknowledged;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  Fill();
  // Several keys: all or nothing here, too.
  Transaction both;
  both.Put("one", value);
  both.Put("two", value);
  store->CommitLater(both, absl::ZeroDuration());
  EXPECT_TRUE(absl::IsResourceExhausted(store->Commit(both)));
  EXPECT_EQ(*store->Get("before"), "kept");
  EXPECT_EQ(store->List("k")->size(), static_cast<size_t>(acknowledged));
  EXPECT_TRUE(absl::IsNotFound(store->Get("one").status()));

  fs::remove(Ballast());
  ASSERT_TRUE(Put(*store, "after", value).ok());
  store = nullptr;
  store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(*store->Get("before"), "kept");
  EXPECT_EQ(*store->Get("after"), value);
  const auto kept = store->List("k");
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->size(), static_cast<size_t>(acknowledged));
  for (const auto& [key, bytes] : *kept) EXPECT_EQ(bytes, value) << key;
}

TEST_F(FullDisk, WhoeverDiesThereLosesNothingThatWasAcknowledged) {
  const auto fill_and_die = [this] {
    const std::unique_ptr<Store> store = Open();
    Fill(64 * 1024);
    for (int i = 0; Put(*store, "k" + std::to_string(i), std::string(8 * 1024, 'v')).ok(); ++i)
      std::ofstream(directory_ + "/acknowledged", std::ios::app) << "x";
    raise(SIGKILL);
  };
  std::ofstream(directory_ + "/acknowledged") << std::string(1, 'x');  // It has its block.
  EXPECT_EXIT(fill_and_die(), testing::KilledBySignal(SIGKILL), "");
  fs::remove(Ballast());
  const std::unique_ptr<Store> store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->List("k")->size(), fs::file_size(directory_ + "/acknowledged") - 1);
}

TEST_F(FullDisk, AStoreCannotBeMadeThereAndCanAfterwards) {
  Fill();
  EXPECT_EQ(OpenSqliteStore(path_).status().code(), absl::StatusCode::kResourceExhausted);
  fs::remove(Ballast());
  const std::unique_ptr<Store> store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(Put(*store, "k", "v").ok());
}

class DamagedFile : public Folder {
 protected:
  static constexpr int kPage = 4096;

  void SetUp() override {
    Folder::SetUp();
    const std::unique_ptr<Store> store = Open();
    ASSERT_NE(store, nullptr);
    for (int i = 0; i < 100; ++i)
      ASSERT_TRUE(Put(*store, "k" + std::to_string(i), std::string(500, 'v')).ok());
  }

  // Flips every bit of 64 bytes at `offset`.
  void Flip(int offset) {
    std::string bytes = ReadFileOrEmpty(path_);
    ASSERT_GT(bytes.size(), static_cast<size_t>(offset) + 64);
    for (int i = offset; i < offset + 64; ++i) bytes[static_cast<size_t>(i)] ^= '\xff';
    std::ofstream(path_, std::ios::binary) << bytes;
    damaged_ = bytes;
  }

  void ExpectReport(const absl::Status& status) const {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + " is damaged"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("restore a backup"));
  }

  std::string damaged_;
};

TEST_F(DamagedFile, IsReportedByItsHeaderAndLeftAsItIs) {
  Flip(0);
  ExpectReport(OpenSqliteStore(path_).status());
  EXPECT_EQ(ReadFileOrEmpty(path_), damaged_);
}

TEST_F(DamagedFile, IsReportedByWhoeverReadsTheDamagedPageAndLeftAsItIs) {
  Flip(3 * kPage);
  absl::StatusOr<std::unique_ptr<Store>> store = OpenSqliteStore(path_);
  ASSERT_TRUE(store.ok()) << store.status();
  ExpectReport((*store)->List("").status());
  // Again: it goes on answering.
  ExpectReport((*store)->List("").status());
  *store = nullptr;
  EXPECT_EQ(ReadFileOrEmpty(path_), damaged_);
}

}  // namespace
}  // namespace weft::store
