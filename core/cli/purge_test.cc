#include "core/cli/purge.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "core/base/process.h"
#include "core/cli/process_record.h"
#include "core/cli/testing.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Program;
using ::testing::UnorderedElementsAreArray;

class PurgeTest : public ::testing::Test {
 protected:
  const testing::TemporaryFolder folder_;
  const DataDirectory data_ = DataDirectory::Open(folder_ / "data").value();
};

TEST_F(PurgeTest, RemovesEverythingThatIsWeftsAndTheDirectory) {
  for (const char* name :
       {"installation", "core.db", "core.db-wal", "runtime-local.db", "runtime-local.db-wal",
        "runtime-kubernetes.kinds", "services.yaml", "tokens", "pki/ca.key", "identities/x/tls.key",
        "engine/data/image/x", "proxy/certificates/x.pem", "logs/weft-core.log", "providers/x.yaml",
        "replaced-20260101T000000.000Z/pki/ca.key", "restore.new/core.db", "backup.new/core.db",
        "restore.ready/new/core.db", "restore.moving/old/core.db", "restore.done/manifest.json",
        // Of programs that were killed as they wrote.
        "installation.0123456789ab", "pki.0123abcd/ca.key", "tokens.0123abcd.new",
        "services.yaml.0123abcd.new", "runtime-kubernetes.kinds.0123abcd.new"})
    folder_.Write(std::string("data/") + name, "x");
  EXPECT_THAT(*RemoveData(data_), IsEmpty());
  EXPECT_FALSE(fs::exists(data_.path()));
}

TEST_F(PurgeTest, KeepsAndNamesWhatIsNotWefts) {
  folder_.Write("data/core.db", "x");
  folder_.Write("data/thesis.tex", "x");
  EXPECT_THAT(*RemoveData(data_), ElementsAre("thesis.tex"));
  EXPECT_TRUE(fs::exists(data_.Below("thesis.tex")));
  EXPECT_FALSE(fs::exists(data_.Below("core.db")));
}

TEST_F(PurgeTest, KeepsWhatAUserNamesLikeWeftsOwn) {
  std::vector<std::string> names = {
      "backup.0123",     "backup.tar",       "backup.tar.0123abcd.new",
      "core.db.saved",   "core.yaml.old",    "installation.md",
      "pki.old",         "replaced-by-hand", "restore.sh",
      "runtime-a.db.gz", "tokens.txt"};
  for (const std::string& name : names) folder_.Write("data/" + name, "x");
  EXPECT_THAT(*RemoveData(data_), UnorderedElementsAreArray(names));
  for (const std::string& name : names) EXPECT_TRUE(fs::exists(data_.Below(name))) << name;
}

TEST_F(PurgeTest, DoesNotFollowLinks) {
  folder_.Write("outside/precious", "x");
  fs::create_directory(data_.Below("engine"));
  fs::create_directory_symlink(folder_ / "outside", data_.Below("engine/link"));
  fs::remove(data_.Below("logs"));
  fs::create_directory_symlink(folder_ / "outside", data_.Below("logs"));
  EXPECT_THAT(*RemoveData(data_), IsEmpty());
  EXPECT_TRUE(fs::exists(folder_ / "outside/precious"));
}

TEST_F(PurgeTest, UnmountsWhatTheEngineLeftAndKeepsWhatWasMounted) {
  folder_.Write("outside/precious", "x");
  fs::create_directories(data_.Below("engine/a b"));
  const std::string point = data_.Below("engine/a b");
  for (int times = 0; times < 2; ++times) {  // On top of each other.
    if (mount((folder_ / "outside").c_str(), point.c_str(), "", MS_BIND, nullptr) != 0)
      GTEST_SKIP() << "this needs the right to mount";
  }
  const auto left = RemoveData(data_);
  EXPECT_TRUE(left.ok()) << left.status();
  EXPECT_FALSE(fs::exists(data_.path()));
  EXPECT_TRUE(fs::exists(folder_ / "outside/precious"));
}

TEST_F(PurgeTest, RefusesWhenSomethingElseIsMounted) {
  folder_.Write("outside/precious", "x");
  folder_.Write("data/core.db", "x");
  const std::string point = data_.Below("logs");
  if (mount((folder_ / "outside").c_str(), point.c_str(), "", MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "this needs the right to mount";
  const auto left = RemoveData(data_);
  EXPECT_EQ(umount2(point.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(left.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(left.status().message()), HasSubstr(point));
  EXPECT_TRUE(fs::exists(folder_ / "outside/precious"));
  EXPECT_TRUE(fs::exists(data_.Below("core.db")));
}

TEST_F(PurgeTest, EndsTheEngineAndTheProxyOfThisDirectoryOnly) {
  for (const auto& [name, below] :
       {std::pair("dockerd", "engine"), std::pair("haproxy", "proxy")}) {
    SCOPED_TRACE(name);
    fs::copy_file(fs::path(WEFT_BIN_DIR) / "cli_fake_service", folder_ / name);
    const auto command = [&, name = name](const std::string& socket, const std::string& directory) {
      return std::vector<std::string>{folder_ / name, "--listen", "unix:" + (folder_ / socket),
                                      "--data-root", directory + "/data"};
    };
    Program own(command(std::string("own.") + name, data_.Below(below)));
    Program foreign(
        command(std::string("foreign.") + name, folder_ / (std::string("other/") + below)));
    const ProcessIdentity other = {foreign.pid(), StartTime(foreign.pid()).value_or(0)};
    const absl::Status ended = EndWhatOutlives(data_);
    EXPECT_TRUE(ended.ok()) << ended;
    EXPECT_EQ(StartTime(own.pid()), std::nullopt);
    EXPECT_TRUE(IsAlive(other));
  }
}

}  // namespace
}  // namespace weft::cli
