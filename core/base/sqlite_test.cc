#include "core/base/sqlite.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "core/base/status.h"

namespace weft::sqlite {
namespace {

using testing::HasSubstr;

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/sqlite_XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string Path() const { return directory_ + "/db"; }
  std::string directory_;
};

constexpr std::string_view kSchema[] = {"CREATE TABLE t(k BLOB PRIMARY KEY, n INTEGER)"};
// What a later program has.
constexpr std::string_view kLater[] = {
    kSchema[0],
    "ALTER TABLE t ADD COLUMN note TEXT NOT NULL DEFAULT 'none'; UPDATE t SET n = n * 10",
    "CREATE TABLE u(k INTEGER PRIMARY KEY)"};

int64_t Number(Database& db, const std::string& query) {
  absl::StatusOr<Statement> select = db.Prepare(query);
  EXPECT_TRUE(select.ok()) << select.status();
  if (!select.ok()) return -1;
  const absl::StatusOr<bool> row = select->Step();
  EXPECT_TRUE(row.ok() && *row) << row.status();
  return select->Integer(0);
}

TEST_F(SqliteTest, KeepsBytesAcrossReopening) {
  const std::string bytes("a\0b", 3);
  {
    absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
    ASSERT_TRUE(db.ok()) << db.status();
    absl::StatusOr<Statement> insert = db->Prepare("INSERT INTO t VALUES(?,?)");
    ASSERT_TRUE(insert.ok()) << insert.status();
    ASSERT_TRUE(insert->Bind(1, bytes).Bind(2, int64_t{7}).Run().ok());
    ASSERT_TRUE(insert->Bind(1, "").Bind(2, int64_t{8}).Run().ok());
  }
  absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
  ASSERT_TRUE(db.ok()) << db.status();
  absl::StatusOr<Statement> select = db->Prepare("SELECT k, n FROM t ORDER BY n");
  ASSERT_TRUE(*select->Step());
  EXPECT_EQ(select->Text(0), bytes);
  EXPECT_EQ(select->Integer(1), 7);
  ASSERT_TRUE(*select->Step());
  EXPECT_EQ(select->Text(0), "");
  EXPECT_FALSE(*select->Step());
}

TEST_F(SqliteTest, IsForItsUserAloneAlsoIfAnOlderVersionMadeIt) {
  using std::filesystem::perms;
  const auto check = [&] {
    absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
    ASSERT_TRUE(db.ok()) << db.status();
    ASSERT_TRUE(db->Execute("INSERT OR REPLACE INTO t VALUES('a',1)").ok());
    int files = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_)) {
      ++files;
      EXPECT_EQ(file.status().permissions(), perms::owner_read | perms::owner_write) << file.path();
    }
    EXPECT_EQ(files, 3) << "the log and its index, too";
  };
  check();
  std::filesystem::permissions(Path(), perms::others_read, std::filesystem::perm_options::add);
  check();
}

TEST_F(SqliteTest, RollsBackWhenTheBodyFails) {
  absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
  ASSERT_TRUE(db.ok());
  EXPECT_EQ(db->Transact([&]() -> absl::Status {
                (void)db->Execute("INSERT INTO t VALUES('x', 1)");
                return absl::AbortedError("no");
              }).code(),
            absl::StatusCode::kAborted);
  absl::StatusOr<Statement> count = db->Prepare("SELECT count(*) FROM t");
  ASSERT_TRUE(*count->Step());
  EXPECT_EQ(count->Integer(0), 0);
}

TEST_F(SqliteTest, RefusesANewerSchemaAndWhatIsNoDatabase) {
  ASSERT_TRUE(Database::Open(Path(), kLater).ok());
  absl::StatusOr<Database> other = Database::Open(Path(), kSchema);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("schema version 3"));
  std::ofstream(directory_ + "/text") << std::string(4096, 'x');
  const absl::Status text = Database::Open(directory_ + "/text", kSchema).status();
  EXPECT_EQ(text.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(text.message()), HasSubstr("/text is damaged"));
}

TEST_F(SqliteTest, BringsAnOlderFileToTheNewestSchemaOnce) {
  {
    absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
    ASSERT_TRUE(db.ok() && db->Execute("INSERT INTO t VALUES('x', 7)").ok());
  }
  for (int times = 0; times < 2; ++times) {
    absl::StatusOr<Database> db = Database::Open(Path(), kLater);
    ASSERT_TRUE(db.ok()) << db.status();
    EXPECT_EQ(Number(*db, "SELECT n FROM t WHERE note='none'"), 70);
    EXPECT_EQ(Number(*db, "PRAGMA user_version"), 3);
  }
}

TEST_F(SqliteTest, AMigrationThatIsCutShortLeavesTheLastSchemaAndIsDoneAgain) {
  {
    absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
    ASSERT_TRUE(db.ok() && db->Execute("INSERT INTO t VALUES('x', 7)").ok());
  }
  // It fails after it has changed something.
  const std::string broken = std::string(kLater[1]) + "; SELECT * FROM nothing";
  EXPECT_FALSE(Database::Open(Path(), {kSchema[0], broken}).ok());
  {
    absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
    ASSERT_TRUE(db.ok()) << db.status();
    EXPECT_EQ(Number(*db, "SELECT n FROM t"), 7);
  }
  EXPECT_EXIT(
      {
        Database db = *Database::Open(Path(), kSchema);
        db.Transact([&]() -> absl::Status {
            db.Execute(std::string(kLater[1]) + "; PRAGMA user_version=2").IgnoreError();
            raise(SIGKILL);
            return absl::OkStatus();
          }).IgnoreError();
      },
      testing::KilledBySignal(SIGKILL), "");
  absl::StatusOr<Database> db = Database::Open(Path(), kLater);
  ASSERT_TRUE(db.ok()) << db.status();
  EXPECT_EQ(Number(*db, "SELECT n FROM t"), 70);
}

TEST_F(SqliteTest, ProcessesThatMigrateAtOnceDoItOnce) {
  {
    absl::StatusOr<Database> db = Database::Open(Path(), kSchema);
    ASSERT_TRUE(db.ok() && db->Execute("INSERT INTO t VALUES('x', 7)").ok());
  }
  std::vector<std::thread> threads(4);
  for (std::thread& thread : threads)
    thread = std::thread([this] { EXPECT_TRUE(Database::Open(Path(), kLater).ok()); });
  for (std::thread& thread : threads) thread.join();
  absl::StatusOr<Database> db = Database::Open(Path(), kLater);
  EXPECT_EQ(Number(*db, "SELECT n FROM t"), 70);
}

TEST_F(SqliteTest, ACopyIsWholeWhileTheDatabaseIsWritten) {
  absl::StatusOr<Database> db = Database::Open(Path(), kLater);
  ASSERT_TRUE(db.ok());
  std::atomic<bool> stop = false;
  // Every transaction writes a pair.
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      EXPECT_TRUE(db->Transact([&]() -> absl::Status {
                      WEFT_RETURN_IF_ERROR(db->Execute("INSERT INTO u VALUES(NULL)"));
                      return db->Execute("INSERT INTO u VALUES(NULL)");
                    }).ok());
    }
  });
  for (int i = 0; i < 5; ++i) {
    const std::string to = directory_ + "/copy" + std::to_string(i);
    const absl::StatusOr<int64_t> version = Database::Copy(Path(), to);
    EXPECT_TRUE(version.ok()) << version.status();
    if (!version.ok()) break;
    EXPECT_EQ(*version, 3);
    absl::StatusOr<Database> copy = Database::Open(to, kLater);
    EXPECT_TRUE(copy.ok()) << copy.status();
    if (!copy.ok()) break;
    EXPECT_EQ(Number(*copy, "SELECT count(*) % 2 FROM u"), 0);
  }
  stop = true;
  writer.join();
  EXPECT_TRUE(absl::IsNotFound(Database::Copy(directory_ + "/none", directory_ + "/x").status()));
}

}  // namespace
}  // namespace weft::sqlite
