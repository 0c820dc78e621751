#include "runtime/local/volumes.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

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

  auto Files(const std::vector<Volume>& volumes) {
    return FilesOf(volumes, "default", [this](const std::string& kind, const std::string& name) {
      const auto found = objects_.find(kind + "/" + name);
      return found == objects_.end() ? ObjectPtr() : found->second;
    });
  }
  std::string Hash() { return Files({settings_})->at("conf").hash; }
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
  const auto files = Files({settings_, scratch});
  ASSERT_TRUE(files.ok()) << files.status();
  Unpack(InitialArchive({settings_, scratch}, *files));
  EXPECT_EQ(Read("conf/a.conf"), "one");
  EXPECT_EQ(Read("conf/b"), "two");
  EXPECT_EQ(Names("scratch"), std::set<std::string>());
  EXPECT_EQ(std::filesystem::status(directory_ / "scratch").permissions(),
            std::filesystem::perms{0777});
}

TEST_F(VolumesTest, ItemsSayWhichKeysAndWhere) {
  objects_["ConfigMap/settings"] = Data({{"a", "one"}, {"b", "two"}});
  settings_.items = {{"a", "deep/er/a.conf", 0600}, {"a", "again", 0644}};
  Unpack(InitialArchive({settings_}, *Files({settings_})));
  EXPECT_EQ(Read("conf/deep/er/a.conf"), "one");
  EXPECT_EQ(Read("conf/again"), "one");
  EXPECT_EQ(Read("conf/b"), "missing");
  EXPECT_EQ(std::filesystem::status(directory_ / "conf/deep/er/a.conf").permissions(),
            std::filesystem::perms{0600});
}

TEST_F(VolumesTest, AChangeIsSeenWholeAndNothingOldStays) {
  objects_["ConfigMap/settings"] = Data({{"a", "one"}, {"b", "two"}});
  Unpack(InitialArchive({settings_}, *Files({settings_})));
  const std::string before = Hash();
  objects_["ConfigMap/settings"] = Data({{"a", "new"}, {"c", "three"}});
  ASSERT_NE(Hash(), before);
  Unpack(UpdateArchive(Files({settings_})->at("conf")), "conf");
  EXPECT_EQ(Read("conf/a"), "one") << "not shown yet";
  ASSERT_EQ(Publish("conf", Hash()), 0);
  EXPECT_EQ(Read("conf/a"), "new");
  EXPECT_EQ(Names("conf"), (std::set<std::string>{"..data", ".." + Hash(), "a", "c"}));
  ASSERT_EQ(Publish("conf", Hash()), 0) << "again";
  EXPECT_EQ(Read("conf/c"), "three");
  EXPECT_NE(Publish("nowhere", Hash()), 0);
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
  EXPECT_EQ(std::string(Files({settings_}).status().message()),
            R"(MountVolume.SetUp failed for volume "conf": configmap "settings" not found)");
  settings_.optional = true;
  ASSERT_TRUE(Files({settings_}).ok());
  Unpack(InitialArchive({settings_}, *Files({settings_})));
  EXPECT_EQ(Names("conf"), (std::set<std::string>{"..data", ".." + Hash()}));
  objects_["ConfigMap/settings"] = Data({});
  settings_.items = {{"a", "a", 0644}};
  EXPECT_TRUE(Files({settings_}).ok());
  settings_.optional = false;
  EXPECT_THAT(std::string(Files({settings_}).status().message()),
              HasSubstr("references non-existent key a of ConfigMap default/settings"));
}

}  // namespace
}  // namespace weft::local
