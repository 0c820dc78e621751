#include "core/config/runtime_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/testing.h"

namespace weft::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RuntimeConfigTest, ReadsEveryFileByName) {
  const TestFolder folder;
  folder.Write("z.yaml", "name: kubernetes\naddress: \"host:1\"\nidentity: west\n");
  folder.Write("a.yaml", "name: local\naddress: unix:/a.sock\n");
  const Entries<RuntimeConfig> read = ReadRuntimeConfigs(folder.path());
  EXPECT_THAT(read.configs, ElementsAre(RuntimeConfig{"kubernetes", "host:1", "west"},
                                        RuntimeConfig{"local", "unix:/a.sock", ""}));
  EXPECT_THAT(read.problems, IsEmpty());
}

TEST(RuntimeConfigTest, AFileThatCannotBeUsedLeavesTheOthersAlone) {
  const TestFolder folder;
  folder.Write("good.yaml", "name: good\naddress: unix:/a.sock\n");
  folder.Write("key.yaml", "name: x\nadress: unix:/x.sock\n");
  folder.Write("name.yaml", "name: No_Label\naddress: y\n");
  folder.Write("twice.yaml", "name: good\naddress: unix:/b.sock\n");
  const Entries<RuntimeConfig> read = ReadRuntimeConfigs(folder.path());
  EXPECT_THAT(read.configs, ElementsAre(RuntimeConfig{"good", "unix:/a.sock", ""}));
  EXPECT_THAT(
      read.problems,
      ElementsAre(HasSubstr("key.yaml:2:1: a runtime has no field \"adress\"; write \"address\""),
                  HasSubstr("name.yaml:1:7: \"No_Label\" is not a valid name"),
                  HasSubstr("twice.yaml: another file names the runtime good too")));
}

TEST(RuntimeConfigTest, WhatIsWrittenIsRead) {
  const TestFolder folder;
  for (const RuntimeConfig& config : {RuntimeConfig{"local", "unix:/a b/run/\"x\".sock", ""},
                                      RuntimeConfig{"7", "[::1]:1", "on"}})
    EXPECT_EQ(*ReadRuntimeConfig(folder.Write("x.yaml", RuntimeFile(config))), config);
}

}  // namespace
}  // namespace weft::config
