// weft backup and weft restore, as programs: a restore holds its locks until it ends.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/files.h"
#include "core/base/sqlite.h"
#include "core/cli/backup_manifest.h"
#include "core/cli/installation_files.h"
#include "core/cli/testing.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::Program;

constexpr std::string_view kSchema[] = {"CREATE TABLE t(k TEXT)"};

class BackupTest : public ::testing::Test {
 protected:
  ~BackupTest() override { unsetenv("WEFT_FAILPOINTS"); }
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

  // The directories of what restores have moved aside, the latest last.
  std::vector<std::string> Replaced() const {
    std::vector<std::string> replaced;
    for (const auto& entry : fs::directory_iterator(data_.path())) {
      if (entry.path().filename().string().starts_with(kReplaced)) replaced.push_back(entry.path());
    }
    std::sort(replaced.begin(), replaced.end());
    return replaced;
  }
  void ArmFailpoint(const std::string& point, const std::string& action) const {
    folder_.Write("points/weft." + point, action);
    setenv("WEFT_FAILPOINTS", (folder_ / "points").c_str(), 1);
  }

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
  ArmFailpoint("staged.before", "kill");
  EXPECT_EQ(Weft(data_, {"restore", File(), "--force"}).status, -1);
  EXPECT_EQ(Contents(data_.path()), later);
  EXPECT_TRUE(data_.Installation().ok());
  bool with_archive = false;
  for (const char* point : {"staged.after", "replace.after", "restore.after", "restored.before"}) {
    SCOPED_TRACE(point);
    const auto before = Contents(data_.path());
    ArmFailpoint(point, "kill");
    EXPECT_EQ(Weft(data_, {"restore", File(), "--force"}).status, -1);
    // Nobody uses what is half of one installation and half of the other.
    EXPECT_EQ(data_.Installation().status().code(), absl::StatusCode::kFailedPrecondition);
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"up", "-d"}, {"backup", File() + "2"}, {"pki", "issue", "user/me"}}) {
      const Outcome refused = Weft(data_, command);
      EXPECT_EQ(refused.status, 1);
      EXPECT_THAT(refused.text, HasSubstr("cut short"));
    }
    const Outcome finished =
        with_archive ? Weft(data_, {"restore", File()}) : Weft(data_, {"restore"});
    EXPECT_EQ(finished.status, 0) << finished.text;
    EXPECT_EQ(Contents(data_.path()), backed_up);
    EXPECT_EQ(Contents(Replaced().back()), before);
    Write("core.db", "later");
    with_archive = !with_archive;
  }
  EXPECT_EQ(Replaced().size(), 4u);
}

TEST_F(BackupTest, ARestoreWithoutAnArchiveSaysThatThereIsNothingToFinish) {
  const auto before = Contents(data_.path());
  const Outcome refused = Weft(data_, {"restore", "--force"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.text, HasSubstr("no restore into " + data_.path() + " was cut short"));
  EXPECT_EQ(Contents(data_.path()), before);
}

TEST_F(BackupTest, ARestoreOfAnotherArchiveFinishesTheOneThatWasCutShortFirst) {
  BackUp();
  const auto first = Contents(data_.path());
  Write("core.db", "later");
  const std::string second = folder_ / "second.tar";
  ASSERT_EQ(Weft(data_, {"backup", second}).status, 0);
  const auto later = Contents(data_.path());
  ArmFailpoint("replace.after", "kill");
  EXPECT_EQ(Weft(data_, {"restore", File(), "--force"}).status, -1);
  fs::remove(File());
  // Also if that archive cannot be restored.
  const Outcome missing = Weft(data_, {"restore", File(), "--force"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.text, HasSubstr(Replaced().back()));
  EXPECT_EQ(Contents(data_.path()), first);
  const Outcome restore = Weft(data_, {"restore", second, "--force"});
  EXPECT_EQ(restore.status, 0) << restore.text;
  EXPECT_EQ(Contents(data_.path()), later);
  EXPECT_EQ(Contents(Replaced().back()), first);
}

// Whatever writes into a data directory that holds half a restore: nothing of it is lost.
TEST_F(BackupTest, ARestoreThatGoesOnOverwritesNothing) {
  BackUp();
  folder_.Write("data/core.yaml", "runtime: first\n");
  ArmFailpoint("replace.after", "kill");  // After core.db.
  EXPECT_EQ(Weft(data_, {"restore", File(), "--force"}).status, -1);
  ASSERT_FALSE(fs::exists(data_.Below("core.db")));
  folder_.Write("data/core.db", "second");
  ArmFailpoint("restore.after", "kill");
  EXPECT_EQ(Weft(data_, {"restore"}).status, -1);
  ASSERT_FALSE(fs::exists(data_.Below("core.yaml")));
  folder_.Write("data/core.yaml", "runtime: third\n");
  const Outcome finished = Weft(data_, {"restore"});
  ASSERT_EQ(finished.status, 0) << finished.text;
  EXPECT_EQ(ReadFileOrEmpty(data_.Below("core.yaml")), "runtime: local\n");
  EXPECT_EQ(Contents(data_.path()).at("core.db"), "of the core");
  const std::string replaced = Replaced().back();
  EXPECT_EQ(Contents(replaced).at("core.db"), "of the core");
  EXPECT_EQ(ReadFileOrEmpty(replaced + "/core.db.1"), "second");
  EXPECT_EQ(ReadFileOrEmpty(replaced + "/core.yaml"), "runtime: first\n");
  EXPECT_EQ(ReadFileOrEmpty(replaced + "/core.yaml.1"), "runtime: third\n");
}

TEST_F(BackupTest, NobodyChangesAnIdentityWhileARestoreRuns) {
  BackUp();
  const std::vector<std::string> restore = {
      WEFT_BIN_DIR "/weft", "--data", data_.path(), "restore", "--force", File()};
  ArmFailpoint("staged.before", "pause");
  Program program(restore);
  ASSERT_TRUE(
      testing::Eventually([&] { return fs::exists(folder_ / "points/weft.staged.before.hit"); }));
  const int fd = open(data_.Below("identities").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_EQ(flock(fd, LOCK_EX | LOCK_NB), -1);
  EXPECT_EQ(errno, EWOULDBLOCK);
  fs::remove(folder_ / "points/weft.staged.before.hit");
  EXPECT_EQ(program.Wait().status, 0);
  EXPECT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
  close(fd);
}

TEST_F(BackupTest, NothingIsRestoredWhereAServiceRuns) {
  BackUp();
  ASSERT_TRUE(data_.Lock("core").ok());
  const Outcome restore = Weft(data_, {"restore", File(), "--force"});
  EXPECT_EQ(restore.status, 1);
  EXPECT_THAT(restore.text, HasSubstr("weft down"));
}

TEST_F(BackupTest, ALinkIsBackedUpOnlyIfItLeadsToSomethingOfTheInstallation) {
  BackUp();
  const std::string last = ReadFileOrEmpty(File());
  folder_.Write("data/mine/core.yaml", "runtime: local\n");
  const std::string file = data_.Below("core.yaml");
  for (const std::string& target :
       {data_.Below("mine/core.yaml"), std::string("mine/core.yaml"), std::string("../core.yaml"),
        std::string("providers/../mine/core.yaml")}) {
    fs::remove(file);
    fs::create_symlink(target, file);
    const Outcome refused = Weft(data_, {"backup", File()});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.text, HasSubstr(file + " is a link to " + target));
    EXPECT_EQ(ReadFileOrEmpty(File()), last);
  }
  fs::remove(file);
  fs::create_symlink("greeter.yaml", data_.Below("providers/same.yaml"));
  BackUp();
  ASSERT_EQ(Weft(other_, {"restore", File()}).status, 0);
  EXPECT_EQ(fs::read_symlink(other_.Below("providers/same.yaml")), "greeter.yaml");
}

TEST_F(BackupTest, WhatCouldNotBeRestoredIsNotBackedUp) {
  folder_.Write("data/providers/\xff.yaml", "name: greeter\n");
  const Outcome refused = Weft(data_, {"backup", File()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.text, HasSubstr("could not be restored"));
  EXPECT_FALSE(fs::exists(File()));
}

TEST_F(BackupTest, WhatAKilledBackupLeftIsRemovedByTheNext) {
  ArmFailpoint("pack.before", "kill");
  EXPECT_EQ(Weft(data_, {"backup", File()}).status, -1);
  ASSERT_TRUE(fs::exists(data_.Below(kBackupStaging)));
  fs::remove(data_.Below("providers/greeter.yaml"));
  BackUp();
  EXPECT_FALSE(fs::exists(data_.Below(kBackupStaging)));
  ASSERT_EQ(Weft(other_, {"restore", File()}).status, 0);
  EXPECT_FALSE(fs::exists(other_.Below("providers/greeter.yaml")));
}

TEST_F(BackupTest, OneBackupIsMadeAtATime) {
  ASSERT_TRUE(data_.Lock("backup").ok());
  const Outcome refused = Weft(data_, {"backup", File()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.text, HasSubstr("backup already runs"));
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
