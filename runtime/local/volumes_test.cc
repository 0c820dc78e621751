#include "runtime/local/volumes.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

#include "absl/time/clock.h"

namespace weft::local {
namespace {

using testing::HasSubstr;

ObjectPtr Data(std::map<std::string, std::string> data) {
  Object object;
  object.spec = DataSpec{std::move(data)};
  return std::make_shared<const Object>(std::move(object));
}

// Unpacks archives as an engine does.
class VolumesTest : public testing::Test {
 protected:
  VolumesTest() {
    char path[] = "/tmp/weft-volumes-XXXXXX";
    directory_ = mkdtemp(path);
    settings_.name = "conf";
    settings_.kind = "ConfigMap";
    settings_.object = "settings";
  }
  ~VolumesTest() override { std::filesystem::remove_all(directory_); }

  FilesRead Files(const std::vector<Volume>& volumes) {
    return FilesOf(volumes, "default", [this](const std::string& kind, const std::string& name) {
      const auto found = objects_.find(kind + "/" + name);
      return found == objects_.end() ? ObjectPtr() : found->second;
    });
  }
  std::string Initial() {
    return InitialArchive({settings_}, Files({settings_}).files, true, absl::Now());
  }
  std::string Hash() { return Files({settings_}).files.at("conf").hash; }
  void Unpack(const std::string& archive, const std::filesystem::path& below = "") {
    const std::filesystem::path to = directory_ / below;
    std::ofstream(directory_ / "a.tar", std::ios::binary) << archive;
    ASSERT_EQ(
        system(("tar -xpf " + (directory_ / "a.tar").string() + " -C " + to.string()).c_str()), 0);
    std::filesystem::remove(directory_ / "a.tar");
  }
  std::string Read(const std::string& path) {
    std::ifstream file(directory_ / path, std::ios::binary);
    return file ? std::string(std::istreambuf_iterator<char>(file), {}) : "missing";
  }
  // The program of sandboxes.
  int Publish(const std::string& volume, const std::string& hash) {
    return system((std::string(WEFT_BIN_DIR) + "/weft-anchor publish " +
                   (directory_ / volume).string() + " .." + hash)
                      .c_str());
  }
  std::set<std::string> Names(const std::string& path) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / path))
      names.insert(entry.path().filename());
    return names;
  }

  std::filesystem::path directory_;
  std::map<std::string, ObjectPtr> objects_;
  Volume settings_;
};

TEST_F(VolumesTest, KeysAreFilesAndADirectoryForNothingIsOpenToAll) {
  objects_["ConfigMap/settings"] = Data({{"a.conf", "one"}, {"b", "two"}});
  Volume scratch;
  scratch.name = "scratch";
  const FilesRead read = Files({settings_, scratch});
  ASSERT_TRUE(read.missing.ok()) << read.missing;
  std::filesystem::create_directory(directory_ / "scratch");
  Unpack(InitialArchive({settings_, scratch}, read.files, false, absl::Now()));
  EXPECT_NE(std::filesystem::status(directory_ / "scratch").permissions(),
            std::filesystem::perms{0777})
      << "what containers made of it stays";
  Unpack(InitialArchive({settings_, scratch}, read.files, true, absl::Now()));
  EXPECT_EQ(Read("conf/a.conf"), "one");
  EXPECT_EQ(Read("conf/b"), "two");
  EXPECT_EQ(Names("scratch"), std::set<std::string>());
  EXPECT_EQ(std::filesystem::status(directory_ / "scratch").permissions(),
            std::filesystem::perms{0777});
}

TEST_F(VolumesTest, ItemsSayWhichKeysAndWhere) {
  objects_["ConfigMap/settings"] = Data({{"a", "one"}, {"b", "two"}});
  settings_.items = {{"a", "deep/er/a.conf", 0600}, {"a", "again", 0644}};
  Unpack(Initial());
  EXPECT_EQ(Read("conf/deep/er/a.conf"), "one");
  EXPECT_EQ(Read("conf/again"), "one");
  EXPECT_EQ(Read("conf/b"), "missing");
  EXPECT_EQ(std::filesystem::status(directory_ / "conf/deep/er/a.conf").permissions(),
            std::filesystem::perms{0600});
}

TEST_F(VolumesTest, AChangeIsSeenWholeAndNothingOldStays) {
  objects_["ConfigMap/settings"] = Data({{"a", "one"}, {"b", "two"}});
  Unpack(Initial());
  const std::string before = Hash();
  objects_["ConfigMap/settings"] = Data({{"a", "new"}, {"c", "three"}});
  ASSERT_NE(Hash(), before);
  Unpack(UpdateArchive(Files({settings_}).files.at("conf"), absl::Now()), "conf");
  EXPECT_EQ(Read("conf/a"), "one") << "not shown yet";
  ASSERT_EQ(Publish("conf", Hash()), 0);
  EXPECT_EQ(Read("conf/a"), "new");
  EXPECT_EQ(Names("conf"), (std::set<std::string>{"..data", ".." + Hash(), "a", "c"}));
  ASSERT_EQ(Publish("conf", Hash()), 0) << "again";
  EXPECT_EQ(Read("conf/c"), "three");
  EXPECT_NE(Publish("nowhere", Hash()), 0);
}

TEST_F(VolumesTest, WhatOneVolumeLacksKeepsNothingFromTheOthers) {
  objects_["ConfigMap/settings"] = Data({{"a", "one"}});
  Volume other = settings_;
  other.name = "other";
  other.object = "none";
  const FilesRead read = Files({other, settings_});
  EXPECT_FALSE(read.missing.ok());
  EXPECT_EQ(read.files.size(), 1u);
}

TEST_F(VolumesTest, FilesAreOfTheTimeWhenTheyWereWritten) {
  objects_["ConfigMap/settings"] = Data({{"a", "one"}});
  Unpack(Initial());
  const auto age = std::filesystem::file_time_type::clock::now() -
                   std::filesystem::last_write_time(directory_ / "conf/a");
  EXPECT_LT(age, std::chrono::minutes(1)) << "some are read again when their time changes";
}

TEST_F(VolumesTest, OnlyWhatIsInItMakesTheHash) {
  objects_["ConfigMap/settings"] = Data({{"a", "one"}});
  const std::string before = Hash();
  objects_["ConfigMap/settings"] = Data({{"a", "one"}});
  EXPECT_EQ(Hash(), before);
  settings_.mode = 0600;
  EXPECT_NE(Hash(), before);
}

TEST_F(VolumesTest, WhatIsMissingIsSaidUnlessItMay) {
  EXPECT_EQ(std::string(Files({settings_}).missing.message()),
            R"(MountVolume.SetUp failed for volume "conf": configmap "settings" not found)");
  settings_.optional = true;
  ASSERT_TRUE(Files({settings_}).missing.ok());
  Unpack(Initial());
  EXPECT_EQ(Names("conf"), (std::set<std::string>{"..data", ".." + Hash()}));
  objects_["ConfigMap/settings"] = Data({});
  settings_.items = {{"a", "a", 0644}};
  EXPECT_TRUE(Files({settings_}).missing.ok());
  settings_.optional = false;
  EXPECT_THAT(std::string(Files({settings_}).missing.message()),
              HasSubstr("references non-existent key a of ConfigMap default/settings"));
}

}  // namespace
}  // namespace weft::local
