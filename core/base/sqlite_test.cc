#include "core/base/sqlite.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::sqlite {
namespace {

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

constexpr char kSchema[] = "CREATE TABLE t(k BLOB PRIMARY KEY, n INTEGER)";

TEST_F(SqliteTest, KeepsBytesAcrossReopening) {
  const std::string bytes("a\0b", 3);
  {
    absl::StatusOr<Database> db = Database::Open(Path(), 1, kSchema);
    ASSERT_TRUE(db.ok()) << db.status();
    absl::StatusOr<Statement> insert = db->Prepare("INSERT INTO t VALUES(?,?)");
    ASSERT_TRUE(insert.ok()) << insert.status();
    ASSERT_TRUE(insert->Bind(1, bytes).Bind(2, int64_t{7}).Run().ok());
    ASSERT_TRUE(insert->Bind(1, "").Bind(2, int64_t{8}).Run().ok());
  }
  absl::StatusOr<Database> db = Database::Open(Path(), 1, kSchema);
  ASSERT_TRUE(db.ok()) << db.status();
  absl::StatusOr<Statement> select = db->Prepare("SELECT k, n FROM t ORDER BY n");
  ASSERT_TRUE(*select->Step());
  EXPECT_EQ(select->Text(0), bytes);
  EXPECT_EQ(select->Integer(1), 7);
  ASSERT_TRUE(*select->Step());
  EXPECT_EQ(select->Text(0), "");
  EXPECT_FALSE(*select->Step());
}

TEST_F(SqliteTest, RollsBackWhenTheBodyFails) {
  absl::StatusOr<Database> db = Database::Open(Path(), 1, kSchema);
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

TEST_F(SqliteTest, RefusesAnotherSchemaAndWhatIsNoDatabase) {
  ASSERT_TRUE(Database::Open(Path(), 2, kSchema).ok());
  absl::StatusOr<Database> other = Database::Open(Path(), 1, kSchema);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.status().message()), testing::HasSubstr("schema version 2"));
  std::ofstream(directory_ + "/text") << std::string(4096, 'x');
  EXPECT_EQ(Database::Open(directory_ + "/text", 1, kSchema).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weft::sqlite
