#include "runtime/kubernetes/cluster_access.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::kubernetes {
namespace {

using testing::HasSubstr;

class ClusterAccessTest : public testing::Test {
 protected:
  ClusterAccessTest() {
    char path[] = "/tmp/weft-access-XXXXXX";
    directory_ = mkdtemp(path);
  }
  ~ClusterAccessTest() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  // A kubeconfig with one context, whose user is `user`.
  std::string WriteWithUser(const std::string& user) {
    return Write("config", R"(
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://127.0.0.1:6443"}}]
users: [{name: u, user: )" + user +
                               "}]\n");
  }

  std::string directory_;
};

constexpr char kTwoContexts[] = R"(
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: first, user: admin}}
- {name: two, context: {cluster: second, user: robot, namespace: shop}}
clusters:
- name: first
  cluster: {server: "https://10.0.0.1:6443/", certificate-authority: ca.crt, tls-server-name: kubernetes}
- name: second
  cluster: {server: "https://second:443/k8s", certificate-authority-data: Y2EgdHdv, insecure-skip-tls-verify: true}
users:
- name: admin
  user: {client-certificate-data: Y2VydA==, client-key: keys/admin.key}
- name: robot
  user: {token: abc, tokenFile: robot.token}
)";

TEST_F(ClusterAccessTest, ReadsTheCurrentContextWithFilesBesideTheConfiguration) {
  const std::string path = Write("config", kTwoContexts);
  Write("ca.crt", "ca one");
  std::filesystem::create_directory(directory_ + "/keys");
  Write("keys/admin.key", "key");
  const auto access = ReadKubeconfig(path, "");
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->server, "https://10.0.0.1:6443");
  EXPECT_EQ(access->ca, "ca one");
  EXPECT_EQ(access->tls_server_name, "kubernetes");
  EXPECT_FALSE(access->insecure_skip_verify);
  EXPECT_EQ(access->client_certificate, "cert");
  EXPECT_EQ(access->client_key, "key");
  EXPECT_EQ(access->token, "");
}

TEST_F(ClusterAccessTest, ReadsTheContextThatIsNamed) {
  const auto access = ReadKubeconfig(Write("config", kTwoContexts), "two");
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->server, "https://second:443/k8s");
  EXPECT_EQ(access->ca, "ca two");
  EXPECT_TRUE(access->insecure_skip_verify);
  EXPECT_EQ(access->token, "abc");
  EXPECT_EQ(access->token_file, directory_ + "/robot.token");
}

TEST_F(ClusterAccessTest, MergesSeveralFilesOfWhichTheFirstWins) {
  const std::string first = Write("first", "current-context: two\n");
  const std::string second = Write("second", kTwoContexts);
  const auto access = ReadKubeconfig(first + ":" + directory_ + "/absent:" + second, "");
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->server, "https://second:443/k8s");
}

TEST_F(ClusterAccessTest, RefusesPluginsAndPasswordsByName) {
  const std::pair<const char*, const char*> cases[] = {
      {"{exec: {command: aws}}", "uses exec"},
      {"{auth-provider: {name: gcp}}", "uses auth-provider"},
      {"{username: a, password: b}", "uses a password"},
      {"{client-certificate-data: Y2VydA==}", "only one of client-certificate and client-key"},
      {"{client-certificate-data: '%%', client-key-data: a}",
       "client-certificate-data is no base64"}};
  for (const auto& [user, problem] : cases) {
    const auto access = ReadKubeconfig(WriteWithUser(user), "");
    EXPECT_EQ(access.status().code(), absl::StatusCode::kInvalidArgument) << user;
    EXPECT_THAT(std::string(access.status().message()), HasSubstr(problem)) << user;
    EXPECT_THAT(std::string(access.status().message()), HasSubstr("\"u\" in " + directory_));
  }
}

TEST_F(ClusterAccessTest, SaysWhatIsMissing) {
  const auto no_file = ReadKubeconfig(directory_ + "/absent", "");
  EXPECT_EQ(no_file.status().code(), absl::StatusCode::kNotFound);
  const auto no_context = ReadKubeconfig(Write("config", kTwoContexts), "three");
  EXPECT_THAT(std::string(no_context.status().message()), HasSubstr("no context \"three\" in "));
  const auto none_chosen = ReadKubeconfig(Write("config", "contexts: []"), "");
  EXPECT_THAT(std::string(none_chosen.status().message()), HasSubstr("no current-context"));
  const auto no_ca = ReadKubeconfig(Write("config", kTwoContexts), "one");
  EXPECT_THAT(std::string(no_ca.status().message()), HasSubstr("/ca.crt"));
  const auto broken = ReadKubeconfig(Write("config", "a: [b"), "");
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ClusterAccessTest, FindsThePodsOwnServiceAccount) {
  Write("ca.crt", "ca");
  EXPECT_EQ(InCluster("10.96.0.1", "443", directory_).status().code(), absl::StatusCode::kNotFound);
  Write("token", "t");
  const auto access = InCluster("fd00::1", "443", directory_);
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->server, "https://[fd00::1]:443");
  EXPECT_EQ(access->ca, "ca");
  EXPECT_EQ(access->token_file, directory_ + "/token");
}

}  // namespace
}  // namespace weft::kubernetes
