// weft backup and weft restore, as programs: a restore holds its locks until it ends.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/files.h"
#include "core/base/pending_restore.h"
#include "core/base/sqlite.h"
#include "core/cli/backup_manifest.h"
#include "core/cli/testing.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using testing::Outcome;
using testing::Program;

constexpr std::string_view kSchema[] = {"CREATE TABLE t(k TEXT)"};

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(data_.Installation().ok());
    Write("core.db", "of the core");
    Write("runtime-local.db", "of the runtime");
    folder_.Write("data/core.yaml", "runtime: local\n");
    folder_.Write("data/providers/greeter.yaml", "name: greeter\n");
    folder_.Write("data/tokens", "weft-provider-server 00\n");
    folder_.Write("data/engine/image", "large");
    ASSERT_TRUE(auth::Identities(data_).Ensure({.identity = "provider/greeter"}, absl::Now()).ok());
  }

  // Adds a row to a database.
  void Write(const std::string& name, const std::string& row) const {
    absl::StatusOr<sqlite::Database> database = sqlite::Database::Open(data_.Below(name), kSchema);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE(database->Execute(absl::StrCat("INSERT INTO t VALUES('", row, "')")).ok());
  }

  static Outcome Weft(const DataDirectory& data, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {WEFT_BIN_DIR "/weft", "--data", data.path()});
    return Program(arguments).Wait();
  }
  void BackUp() const {
    const Outcome backup = Weft(data_, {"backup", File()});
    ASSERT_EQ(backup.status, 0) << backup.text;
  }
  std::string File() const { return folder_ / "weft.tar"; }

  // The bytes of every file of an installation, links followed; the rows of a database.
  static std::map<std::string, std::string> Contents(const std::string& root) {
    std::map<std::string, std::string> contents;
    const std::vector<std::string> paths = *InstallationFiles(root);
    for (const std::string& path : paths) {
      if (path.find(".db") == std::string::npos)
        contents[path] = ReadFileOrEmpty(absl::StrCat(root, "/", path));
      if (!IsDatabase(path)) continue;
      auto database = sqlite::Database::Open(absl::StrCat(root, "/", path), kSchema);
      auto rows = database->Prepare("SELECT group_concat(k) FROM t");
      EXPECT_TRUE(*rows->Step());
      contents[path] = rows->Text(0);
    }
    return contents;
  }

  // Makes the archive again of what it holds, after `change` has changed that.
  void Tamper(const std::function<void(const std::string& folder)>& change) const {
    const std::string folder = folder_ / "tampered";
    fs::create_directory(folder);
    ASSERT_EQ(Program({"/bin/tar", "-C", folder, "-xf", File()}).Wait().status, 0);
    change(folder);
    ASSERT_EQ(Program({"/bin/tar", "-C", folder, "-cf", File(), "."}).Wait().status, 0);
    fs::remove_all(folder);
  }

  const testing::TemporaryFolder folder_;
  const DataDirectory data_ = DataDirectory::Open(folder_ / "data").value();
  const DataDirectory other_ = DataDirectory::Open(folder_ / "other").value();
};

TEST_F(BackupTest, ARestoreHasWhatTheInstallationNeedsAndNothingElse) {
  BackUp();
  struct stat file;
  ASSERT_EQ(stat(File().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  const Outcome restore = Weft(other_, {"restore", File()});
  ASSERT_EQ(restore.status, 0) << restore.text;
  EXPECT_THAT(restore.text, HasSubstr(*data_.Installation()));
  const auto contents = Contents(other_.path());
  EXPECT_EQ(contents, Contents(data_.path()));
  EXPECT_EQ(contents.at("core.db"), "of the core");
  EXPECT_NE(contents.at("identities/greeter/tls.key"), "");
  EXPECT_EQ(*other_.Installation(), *data_.Installation());
  EXPECT_FALSE(fs::exists(other_.Below("engine")) || fs::exists(other_.Below("tokens")));
  for (const auto& entry : fs::directory_iterator(other_.path()))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("restore")));
  // It is what it was issued as: the next identity is of the same authority.
  EXPECT_TRUE(auth::Identities(other_).Ensure({.identity = "provider/b"}, absl::Now()).ok());
}

TEST_F(BackupTest, AnInstallationThatIsThereIsMovedAsideOnlyByForce) {
  BackUp();
  const auto backed_up = Contents(data_.path());
  Write("core.db", "later");
  folder_.Write("data/providers/later.yaml", "name: later\n");
  const auto later = Contents(data_.path());
  const fs::path identity = data_.Below("identities/greeter");
  struct stat before, after;
  ASSERT_EQ(stat(identity.c_str(), &before), 0);

  const Outcome refused = Weft(data_, {"restore", File()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.text, HasSubstr("--force"));
  EXPECT_EQ(Contents(data_.path()), later);

  const Outcome restore = Weft(data_, {"restore", File(), "--force"});
  ASSERT_EQ(restore.status, 0) << restore.text;
  EXPECT_EQ(Contents(data_.path()), backed_up);
  const size_t name = restore.text.find(data_.Below("replaced-"));
  ASSERT_NE(name, std::string::npos) << restore.text;
  EXPECT_EQ(Contents(restore.text.substr(name, restore.text.find('\n', name) - name)), later);
  // The engine stays, and so do directories that a container may have mounted.
  EXPECT_EQ(ReadFileOrEmpty(data_.Below("engine/image")), "large");
  ASSERT_EQ(stat(identity.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(BackupTest, ADamagedBackupChangesNothing) {
  const std::string manifest = kManifest;
  const std::map<std::string, std::function<void(const std::string&)>> damages = {
      {"core.db is not", [](auto& f) { std::ofstream(f + "/core.db", std::ios::app) << "x"; }},
      {"core.yaml is not", [](auto& f) { fs::remove(f + "/core.yaml"); }},
      {"does not know", [](auto& f) { std::ofstream(f + "/providers/x.yaml") << "x"; }},
      {"no manifest", [&](auto& f) { fs::remove(f + "/" + manifest); }},
      {"format 7", [&](auto& f) { std::ofstream(f + "/" + manifest) << R"({"format":7})"; }},
      {"belongs to no installation", [&](auto& f) {
         std::ofstream(f + "/" + manifest)
             << R"({"format":1,"made":"2026-01-01T00:00:00.000Z","entries":[)"
             << R"({"path":"pki/../../x","digest":"sha256:00"}]})";
       }}};
  const auto before = Contents(data_.path());
  for (const auto& [message, damage] : damages) {
    SCOPED_TRACE(message);
    BackUp();
    Tamper(damage);
    const Outcome restore = Weft(data_, {"restore", File(), "--force"});
    EXPECT_EQ(restore.status, 1);
    EXPECT_THAT(restore.text, HasSubstr(message));
    EXPECT_EQ(Contents(data_.path()), before);
  }
  std::ofstream(File()) << "no archive";
  EXPECT_EQ(Weft(other_, {"restore", File()}).status, 1);
  EXPECT_EQ(Weft(other_, {"restore", folder_ / "none"}).status, 1);
  EXPECT_TRUE(InstallationFiles(other_.path())->empty());
}

TEST_F(BackupTest, ARestoreThatIsCutShortIsAsIfItNeverBeganOrIsFinishedByTheNext) {
  BackUp();
  const auto backed_up = Contents(data_.path());
  Write("core.db", "later");
  folder_.Write("data/providers/later.yaml", "name: later\n");
  const auto later = Contents(data_.path());
  folder_.Write("points/weft.staged.before", "kill");
  setenv("WEFT_FAILPOINTS", (folder_ / "points").c_str(), 1);
  EXPECT_EQ(Weft(data_, {"restore", File(), "--force"}).status, -1);
  EXPECT_EQ(Contents(data_.path()), later);
  EXPECT_TRUE(data_.Installation().ok());
  for (const char* point : {"staged.after", "replace.after", "restore.after", "restored.before"}) {
    SCOPED_TRACE(point);
    folder_.Write(absl::StrCat("points/weft.", point), "kill");
    EXPECT_EQ(Weft(data_, {"restore", File(), "--force"}).status, -1);
    // Nobody uses what is half of one installation and half of the other.
    EXPECT_EQ(data_.Installation().status().code(), absl::StatusCode::kFailedPrecondition);
    for (const char* command : {"up", "backup"}) {
      const Outcome refused = Weft(data_, command == std::string("up")
                                              ? std::vector<std::string>{"up", "-d"}
                                              : std::vector<std::string>{"backup", File() + "2"});
      EXPECT_EQ(refused.status, 1);
      EXPECT_THAT(refused.text, HasSubstr("cut short"));
    }
    const Outcome finished = Weft(data_, {"restore", File()});
    EXPECT_EQ(finished.status, 0) << finished.text;
    EXPECT_EQ(Contents(data_.path()), backed_up);
    Write("core.db", "later");
  }
  unsetenv("WEFT_FAILPOINTS");
}

TEST_F(BackupTest, NothingIsRestoredWhereAServiceRuns) {
  BackUp();
  ASSERT_TRUE(data_.Lock("core").ok());
  const Outcome restore = Weft(data_, {"restore", File(), "--force"});
  EXPECT_EQ(restore.status, 1);
  EXPECT_THAT(restore.text, HasSubstr("weft down"));
}

TEST_F(BackupTest, ABackupOfADamagedDatabaseOrOfNothingFailsAndKeepsTheLastOne) {
  EXPECT_THAT(Weft(other_, {"backup", File()}).text, HasSubstr("holds no installation"));
  EXPECT_FALSE(fs::exists(File()));
  BackUp();
  const std::string last = ReadFileOrEmpty(File());
  std::ofstream(data_.Below("core.db"), std::ios::binary) << std::string(8192, 'x');
  const Outcome backup = Weft(data_, {"backup", File()});
  EXPECT_EQ(backup.status, 1);
  EXPECT_THAT(backup.text, HasSubstr(data_.Below("core.db") + " is damaged"));
  EXPECT_EQ(ReadFileOrEmpty(File()), last);
}

}  // namespace
}  // namespace weft::cli
