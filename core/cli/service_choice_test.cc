#include "core/cli/service_choice.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/cli/testing.h"

namespace weft::cli {
namespace {

using config::ServicesConfig;
using ::testing::HasSubstr;

const ServicesConfig kLocal;
const ServicesConfig kCluster{{"kubernetes"}, "/k/config", "staging"};

ServicesConfig Chosen(const ServicesConfig& remembered, const ServiceFlags& flags,
                      const std::string& environment = "") {
  const auto choice = ChooseServices(remembered, flags, environment);
  EXPECT_TRUE(choice.ok()) << choice.status();
  return choice.value_or(ServicesConfig());
}

TEST(ServiceChoiceTest, WithoutFlagsItIsWhatItWas) {
  EXPECT_EQ(Chosen(kLocal, {}), kLocal);
  EXPECT_EQ(Chosen(kCluster, {}, "/other"), kCluster);
}

TEST(ServiceChoiceTest, AClusterIsRememberedAsItWasFoundFirst) {
  EXPECT_EQ(Chosen(kLocal, {.runtimes = {"kubernetes"}}), (ServicesConfig{{"kubernetes"}, "", ""}));
  EXPECT_EQ(Chosen(kLocal, {.runtimes = {"kubernetes"}}, "/env/config").kubeconfig, "/env/config");
  EXPECT_EQ(Chosen(kLocal, {.runtimes = {"kubernetes"}}, "/one:/two").kubeconfig, "");
  EXPECT_EQ(Chosen(kCluster, {.runtimes = {"local", "kubernetes"}}, "/env/config"),
            (ServicesConfig{{"local", "kubernetes"}, "/k/config", "staging"}));
}

TEST(ServiceChoiceTest, AContextBelongsToItsKubeconfig) {
  EXPECT_EQ(Chosen(kCluster, {.kubeconfig = "/new"}), (ServicesConfig{{"kubernetes"}, "/new", ""}));
  EXPECT_EQ(Chosen(kCluster, {.context = "production"}),
            (ServicesConfig{{"kubernetes"}, "/k/config", "production"}));
  EXPECT_EQ(Chosen(kLocal, {.runtimes = {"kubernetes"}, .kubeconfig = "here/config"}).kubeconfig,
            (std::filesystem::current_path() / "here/config").string());
}

TEST(ServiceChoiceTest, WithoutKubernetesNoClusterIsRemembered) {
  EXPECT_EQ(Chosen(kCluster, {.runtimes = {"local"}}), kLocal);
}

TEST(ServiceChoiceTest, RefusesWhatMeansNothing) {
  const struct {
    ServiceFlags flags;
    const char* says;
  } kCases[] = {
      {{.kubeconfig = "/k"}, "add --runtime kubernetes"},
      {{.runtimes = {"local"}, .context = "c"}, "add --runtime kubernetes"},
      {{.runtimes = {"local", "local"}}, "the runtime local is named twice"},
      {{.runtimes = {"../x"}}, "'../x' is no name of a runtime"},
  };
  for (const auto& c : kCases) {
    const auto choice = ChooseServices(kLocal, c.flags, "");
    EXPECT_EQ(choice.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(choice.status().message()), HasSubstr(c.says));
  }
}

TEST(ServiceChoiceTest, IsRememberedInTheDataDirectory) {
  const testing::TemporaryFolder folder;
  const DataDirectory data = DataDirectory::Open(folder / "data").value();
  EXPECT_EQ(*ReadChoice(data), kLocal);
  ASSERT_TRUE(WriteChoice(data, kCluster).ok());
  EXPECT_EQ(*ReadChoice(data), kCluster);
}

}  // namespace
}  // namespace weft::cli
