#include "core/config/core_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/config/testing.h"

namespace weft::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

class CoreConfigTest : public testing::Test {
 protected:
  absl::StatusOr<CoreConfig> Read(const std::string& text) {
    return ReadCoreConfig(folder_.Write("core.yaml", text));
  }
  const TestFolder folder_;
};

TEST_F(CoreConfigTest, NamesTheRuntimesOfTheCoreAndOfNamespaces) {
  const auto config = Read(
      "runtime: kubernetes\n"
      "namespaces:\n"
      "  shop: {runtime: local}\n"
      "  till: {}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->runtime, "kubernetes");
  EXPECT_THAT(config->of_namespace, UnorderedElementsAre(Pair("shop", "local")));
}

TEST_F(CoreConfigTest, SaysWhatANamespaceAllows) {
  const auto config = Read(
      "namespaces:\n"
      "  shop: {allow: [hostPath, privileged]}\n"
      "  till: {runtime: local, allow: []}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->policies,
              ElementsAre(Pair("shop", Policy{Allowance::kHostPath, Allowance::kPrivileged})));
}

TEST_F(CoreConfigTest, EveryAllowanceHasANameOfItsOwn) {
  std::string all;
  for (const AllowanceName& known : kAllowances)
    absl::StrAppend(&all, std::string(known.name), ", ");
  const auto config = Read(absl::StrCat("namespaces: {shop: {allow: [", all, "]}}\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policies.at("shop").size(), kAllowances.size());
  for (const Allowance allowance : config->policies.at("shop"))
    EXPECT_THAT(all, HasSubstr(std::string(NameOf(allowance)) + ", "));
}

TEST_F(CoreConfigTest, AnUnknownAllowanceIsAMistakeAtItsPlaceWithTheNearest) {
  const std::string message(Read("namespaces:\n  shop: {allow: [hostPath, hostpid, everything, "
                                 "7]}\n  till: {allow: all}\n")
                                .status()
                                .message());
  EXPECT_THAT(message, HasSubstr(":2:28: one of \"allow\" of a namespace is \"hostpid\", expected "
                                 "capabilities or clusterScoped or "));
  EXPECT_THAT(message, HasSubstr("; write hostPID\n"));
  EXPECT_THAT(message, HasSubstr(":2:37: one of \"allow\" of a namespace is \"everything\""));
  EXPECT_THAT(message, HasSubstr(":2:49: expected a string, found the number 7"));
  EXPECT_THAT(message, HasSubstr(":3:17: expected a list, found \"all\""));
}

TEST_F(CoreConfigTest, SaysWhereTheCoreServesAndHowOthersReachThat) {
  const auto both = Read("listen: 0.0.0.0:7070\naddress: core.example:7070\n");
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->listen, "0.0.0.0:7070");
  EXPECT_EQ(both->address, "core.example:7070");
  EXPECT_EQ(Read("listen: 10.0.0.1:7070\n")->address, "10.0.0.1:7070");
  EXPECT_THAT(std::string(Read("address: core.example:7070\n").status().message()),
              HasSubstr(":1:1: \"address\" says how others reach what \"listen\" says"));
  EXPECT_THAT(std::string(Read("listen: core.example\naddress: core:0\n").status().message()),
              testing::AllOf(HasSubstr(":1:9: \"core.example\" is no host and port"),
                             HasSubstr(":2:10: \"core:0\" is no host and port")));
}

TEST_F(CoreConfigTest, AnEmptyFileSaysNothing) {
  EXPECT_EQ(*Read(""), CoreConfig());
  EXPECT_EQ(*Read("# nothing yet\n"), CoreConfig());
}

TEST_F(CoreConfigTest, ThereMayBeNoFile) {
  EXPECT_TRUE(absl::IsNotFound(ReadCoreConfig(folder_.path() + "/core.yaml").status()));
}

TEST_F(CoreConfigTest, AFolderInItsPlaceIsAMistake) {
  const auto config = ReadCoreConfig(folder_.path());
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("Is a directory"));
}

TEST_F(CoreConfigTest, TellsEveryMistakeAtItsPlace) {
  const auto config = Read(
      "runtine: local\n"
      "namespaces:\n"
      "  shop: {runtime: local, colour: red}\n"
      "  Shop_2: {runtime: 7}\n");
  ASSERT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(config.status().message());
  const std::string file = folder_.path() + "/core.yaml";
  EXPECT_THAT(message, HasSubstr(file + ":1:1: the core's configuration has no field "
                                        "\"runtine\"; write \"runtime\""));
  EXPECT_THAT(message, HasSubstr(file + ":3:26: a namespace has no field \"colour\""));
  EXPECT_THAT(message, HasSubstr(file + ":4:3: \"Shop_2\" is no namespace"));
  EXPECT_THAT(message, HasSubstr(file + ":4:21: expected a string, found the number 7"));
}

TEST_F(CoreConfigTest, IsOneMap) {
  EXPECT_THAT(std::string(Read("- local\n").status().message()),
              HasSubstr(":1:1: it is not a map"));
  EXPECT_THAT(std::string(Read("runtime: a\n---\nruntime: b\n").status().message()),
              HasSubstr(":3:1: a file of configuration is one document"));
  EXPECT_THAT(std::string(Read("runtime: [\n").status().message()), HasSubstr("core.yaml:"));
}

}  // namespace
}  // namespace weft::config
