#include "core/mesh/provider_config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mesh {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProviderConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/weft_providers_XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void Write(const std::string& file, const std::string& text) {
    std::ofstream(directory_ + "/" + file) << text;
  }
  std::string directory_;
};

TEST_F(ProviderConfigTest, ReadsEveryFileByName) {
  Write("z.yaml", "name: alpha\naddress: unix:/a.sock\nartifact: sha256:00\n");
  Write("a.yaml", "name: beta\naddress: localhost:1\n");
  Write("notes.txt", "not a provider");
  const ProviderConfigs read = ReadProviderConfigs(directory_);
  EXPECT_THAT(read.providers, ElementsAre(ProviderConfig{"alpha", "unix:/a.sock", "sha256:00"},
                                          ProviderConfig{"beta", "localhost:1", ""}));
  EXPECT_THAT(read.problems, IsEmpty());
}

TEST_F(ProviderConfigTest, AFileThatCannotBeUsedLeavesTheOthersAlone) {
  Write("good.yaml", "name: good\naddress: unix:/a.sock\n");
  Write("key.yaml", "name: x\naddress: y\ncolour: red\n");
  Write("list.yaml", "- 1\n");
  Write("broken.yaml", "name: [\n");
  Write("none.yaml", "name: x\n");
  Write("twice.yaml", "name: good\naddress: unix:/b.sock\n");
  const ProviderConfigs read = ReadProviderConfigs(directory_);
  ASSERT_EQ(read.providers.size(), 1u);
  EXPECT_EQ(read.providers[0].address, "unix:/a.sock");
  EXPECT_THAT(read.problems,
              ElementsAre(HasSubstr("broken.yaml"), HasSubstr("unknown key 'colour'"),
                          HasSubstr("is not a mapping"), HasSubstr("needs name and address"),
                          HasSubstr("another file names the provider good")));
}

TEST_F(ProviderConfigTest, AFolderThatDoesNotExistIsEmpty) {
  EXPECT_THAT(ReadProviderConfigs(directory_ + "/none").providers, IsEmpty());
}

}  // namespace
}  // namespace weft::mesh
