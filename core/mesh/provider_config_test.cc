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
  Write("a.yaml", "name: beta\naddress: unix:/b.sock\n");
  Write("notes.txt", "not a provider");
  const ProviderConfigs read = ReadProviderConfigs(directory_);
  EXPECT_THAT(read.providers, ElementsAre(ProviderConfig{"alpha", "unix:/a.sock", "sha256:00"},
                                          ProviderConfig{"beta", "unix:/b.sock", ""}));
  EXPECT_THAT(read.problems, IsEmpty());
}

TEST_F(ProviderConfigTest, AFileThatCannotBeUsedLeavesTheOthersAlone) {
  Write("good.yaml", "name: good\naddress: unix:/a.sock\n");
  Write("key.yaml", "name: x\naddress: unix:/y\ncolour: red\n");
  Write("list.yaml", "- 1\n");
  Write("broken.yaml", "name: [\n");
  Write("none.yaml", "name: x\n");
  Write("twice.yaml", "name: good\naddress: unix:/b.sock\n");
  const ProviderConfigs read = ReadProviderConfigs(directory_);
  ASSERT_EQ(read.providers.size(), 1u);
  EXPECT_EQ(read.providers[0].address, "unix:/a.sock");
  EXPECT_THAT(read.problems,
              ElementsAre(HasSubstr("broken.yaml:"),
                          HasSubstr("key.yaml:3:1: a provider has no field \"colour\""),
                          HasSubstr("list.yaml:1:1: it is not a map"),
                          HasSubstr("none.yaml:1:1: a provider needs \"address\" or"),
                          HasSubstr("another file names the provider good")));
}

TEST_F(ProviderConfigTest, OverTcpItSaysWhoAnswersAndWithWhichTypes) {
  ProviderConfig tcp = {.name = "greeter",
                        .address = "greeter.example:50051",
                        .artifact = "sha256:00",
                        .identity = "provider/greeter",
                        .server_name = "other.example",
                        .types = {"greeter", "example.org/v1.Greeter"},
                        .deadlines = {.render = absl::Milliseconds(1500),
                                      .assess = absl::Minutes(2),
                                      .finalize = absl::Seconds(30)},
                        .in_flight = 8,
                        .optional = true};
  ProviderConfig pods = {.name = "pods",
                         .identity = "provider/pods",
                         .types = {"pods"},
                         .application = "weft-system/pods",
                         .port = 50051};
  Write("a.yaml", ProviderFile(tcp));
  Write("b.yaml", ProviderFile(pods));
  const ProviderConfigs read = ReadProviderConfigs(directory_);
  EXPECT_THAT(read.providers, ElementsAre(tcp, pods));
  EXPECT_THAT(read.problems, IsEmpty());
}

TEST_F(ProviderConfigTest, WhatDoesNotFitTogetherIsAProblem) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"name: x\naddress: host:1\ntypes: [x]\n", "over TCP needs \"identity\""},
      {"name: x\naddress: host:1\nidentity: provider/x\n", "over TCP needs \"types\""},
      {"name: x\naddress: host:1\nidentity: core/x\ntypes: [x]\n", "is not provider/NAME"},
      {"name: x\naddress: host:1\nidentity: x\ntypes: [x]\n", "is not provider/NAME"},
      {"name: x\naddress: unix:/x\napplication: a/b\nport: 1\n", "not both"},
      {"name: x\napplication: a/b\nidentity: provider/x\ntypes: [x]\n", "stand together"},
      {"name: x\naddress: unix:/x\nport: 1\n", "stand together"},
      {"name: x\naddress: unix:/x\nport: 65536\n", "65536"},
      {"name: x\naddress: unix:/x\ndeadlines: {rendre: 2s}\n",
       "x.yaml:3:13: the deadlines of a provider has no field \"rendre\""},
      {"name: x\naddress: unix:/x\ndeadlines: {render: 2}\n",
       "x.yaml:3:21: a deadline is a duration from 1ms to 10m, such as \"2s\""},
      {"name: x\naddress: unix:/x\ndeadlines: {assess: 11m}\n", "from 1ms to 10m"},
      {"name: x\naddress: unix:/x\nlimits: {inFlight: 2}\n", "in_flight"},
      {"name: x\naddress: unix:/x\nfailure_policy: optional\n", "Optional"},
      {"name: x\naddress: unix:/x\nlimits: {in_flight: 0}\n", "1"}};
  for (const auto& [text, problem] : cases) {
    Write("x.yaml", text);
    EXPECT_THAT(ReadProviderConfigs(directory_).problems, ElementsAre(HasSubstr(problem))) << text;
  }
}

TEST_F(ProviderConfigTest, ReadsDeadlinesAndLimitsAndLeavesTheOthersAsTheyAre) {
  Write("a.yaml",
        "name: a\naddress: unix:/a.sock\ndeadlines: {render: 1m30s}\nlimits: {in_flight: 2}\n");
  const ProviderConfigs read = ReadProviderConfigs(directory_);
  EXPECT_THAT(read.problems, IsEmpty());
  ASSERT_EQ(read.providers.size(), 1u);
  EXPECT_EQ(read.providers[0].deadlines.render, absl::Seconds(90));
  EXPECT_EQ(read.providers[0].deadlines.assess, Deadlines().assess);
  EXPECT_EQ(read.providers[0].in_flight, 2);
}

TEST_F(ProviderConfigTest, AFolderThatDoesNotExistIsEmpty) {
  EXPECT_THAT(ReadProviderConfigs(directory_ + "/none").providers, IsEmpty());
}

}  // namespace
}  // namespace weft::mesh
