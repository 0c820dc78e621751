#include "core/config/services_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/testing.h"

namespace weft::config {
namespace {

using testing::HasSubstr;

TEST(ServicesConfigTest, WithoutAFileTheLocalRuntimeIsRun) {
  const TestFolder folder;
  const auto config = ReadServicesConfig(folder.path() + "/services.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(*config, (ServicesConfig{{"local"}, "", ""}));
}

TEST(ServicesConfigTest, WhatIsWrittenIsRead) {
  const TestFolder folder;
  for (const ServicesConfig& config :
       {ServicesConfig{{"local"}, "", ""}, ServicesConfig{{"kubernetes"}, "", "me@staging: 1"},
        ServicesConfig{{"local", "kubernetes"}, "/home/a b/kube config", "yes"}}) {
    const auto read = ReadServicesConfig(folder.Write("services.yaml", ServicesFile(config)));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, config);
  }
}

TEST(ServicesConfigTest, RefusesAChoiceThatIsNone) {
  const TestFolder folder;
  for (const char* wrong : {"runtimes: []\n", "runtimes: [local, local]\n", "runtimes: [Local]\n",
                            "runtimes: local\n", "kubernetes: {config: x}\n", "runtime: local\n"}) {
    const auto read = ReadServicesConfig(folder.Write("services.yaml", wrong));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("services.yaml:1:")) << wrong;
  }
}

}  // namespace
}  // namespace weft::config
