// Images of a registry that wants to know who asks: a real one, on the loopback address. And those
// that are not used.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "core/base/pointers.h"
#include "runtime/local/integration_fixture.h"
#include "runtime/local/names.h"
#include "tests/free_port.h"

extern char** environ;

namespace weft::local {
namespace {

constexpr char kProgram[] = "/usr/bin/docker-registry";
// Of the password "secret".
constexpr char kPasswords[] = "ann:$2b$04$xp.r0bD2u5TMcTWGBoURk..HANNnil5kkwfi.cVUJqc/aA9Ug6BlC\n";

int RunShell(const std::string& command) { return std::system(command.c_str()); }

class PrivateRegistry : public RealRuntime {
 protected:
  void SetUp() override {
    if (access(kProgram, X_OK) != 0) GTEST_SKIP() << "docker-registry is not installed";
    char path[] = "/tmp/wrgXXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    folder_ = path;
    setenv("DOCKER_CONFIG", folder_.c_str(), 1);
    RealRuntime::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    StartRegistry();
    ImportBusybox();
    Push("test/busybox:1");
  }
  void TearDown() override {
    RealRuntime::TearDown();
    unsetenv("DOCKER_CONFIG");
    if (registry_ > 0) {
      kill(registry_, SIGKILL);
      waitpid(registry_, nullptr, 0);
    }
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::string Image() const { return absl::StrCat(host_, "/team/web:1"); }
  std::string Login(const std::string& password) const {
    return absl::Substitute(R"({"auths":{"$0":{"auth":"$1"}}})", host_,
                            absl::Base64Escape("ann:" + password));
  }
  // A Deployment of the image, whose pods have the pull secret "registry".
  std::string Web(const std::string& more = "") const {
    return absl::Substitute(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"name":"web","namespace":"default"},
        "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{
        "metadata":{"labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":1,
        "imagePullSecrets":[{"name":"registry"}],
        "containers":[{"name":"main","image":"$0",$1
        "command":["/bin/busybox","sleep","100000"]}]}}}})",
                            Image(), more);
  }
  std::string Secret(const std::string& password) const {
    return absl::Substitute(R"({"apiVersion":"v1","kind":"Secret",
        "metadata":{"name":"registry","namespace":"default"},
        "type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"$0"}})",
                            absl::Base64Escape(Login(password)));
  }
  void WaitUntilSaid(const std::string& text) {
    WaitFor([&](const Projections& now) {
      return std::any_of(now.begin(), now.end(), [&](const auto& entry) {
        return absl::StrContains(entry.second.status(), text);
      });
    });
  }
  void WaitUntilReady() {
    WaitFor([](const Projections& now) { return ReadyPods(now, "web").size() == 1; });
  }

  // Has the engine know an image of its own under the name.
  void Tag(const std::string& own) {
    AskEngine("POST", absl::StrCat(own, "/tag?repo=", host_, "/team/web&tag=1"));
  }
  // Puts an image of the engine's own into the registry; the engine has none of that name any more.
  void Push(const std::string& own) {
    Tag(own);
    AskEngine("POST", absl::StrCat(host_, "/team/web/push?tag=1"));
    AskEngine("DELETE", Image());
  }

  std::string folder_;

 private:
  void StartRegistry() {
    host_ = absl::StrCat("127.0.0.1:", FreePort());
    std::ofstream(folder_ + "/passwords") << kPasswords;
    std::ofstream(folder_ + "/registry.yml") << absl::Substitute(
        "version: 0.1\nstorage: {filesystem: {rootdirectory: $0/data}}\nhttp: {addr: '$1'}\n"
        "auth: {htpasswd: {realm: test, path: $0/passwords}}\n",
        folder_, host_);
    std::vector<std::string> words = {kProgram, "serve", folder_ + "/registry.yml"};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 2, (folder_ + "/log").c_str(), O_WRONLY | O_CREAT,
                                     0600);
    posix_spawn_file_actions_adddup2(&files, 2, 1);
    ASSERT_EQ(posix_spawn(&registry_, kProgram, &files, nullptr, PointersTo(words).data(), environ),
              0);
    posix_spawn_file_actions_destroy(&files);
    ASSERT_EQ(RunShell(absl::StrCat(
                  "curl -s -o /dev/null --retry 100 --retry-connrefused --retry-delay 1 "
                  "--retry-max-time 30 http://",
                  host_, "/v2/")),
              0);
  }
  // Asks the engine, which says in its answer what went wrong.
  void AskEngine(const std::string& method, const std::string& path) {
    std::string login = absl::WebSafeBase64Escape(
        absl::Substitute(R"({"username":"ann","password":"secret","serveraddress":"$0"})", host_));
    login.append((4 - login.size() % 4) % 4, '=');
    const std::string command = absl::Substitute(
        "! curl -sf --unix-socket $0/engine/docker.sock -X $1 -H 'X-Registry-Auth: $2' "
        "'http://engine/v1.41/images/$3' | grep -i error",
        data_, method, login, path);
    ASSERT_EQ(RunShell(command), 0) << command;
  }

  std::string host_;
  pid_t registry_ = -1;
};

TEST_F(PrivateRegistry, APodSaysWhatItsImageTakesAndHasItWhenItsSecretComes) {
  Apply({Web()}, 1);
  WaitUntilSaid("there is no login for 127.0.0.1:");
  Apply({Secret("wrong")}, 2);
  WaitUntilSaid("no login that there is for 127.0.0.1:");
  Apply({Secret("secret")}, 3);
  WaitUntilReady();
}

TEST_F(PrivateRegistry, WhoeverLoggedInOnTheMachineDidSoForAllPods) {
  std::ofstream(folder_ + "/config.json") << Login("secret");
  Apply({Web()}, 1);
  WaitUntilReady();
}

TEST_F(PrivateRegistry, IsAskedBeforeEachRunWhereThePodSaysSo) {
  std::ofstream(folder_ + "/config.json") << Login("secret");
  Apply({Web(R"("imagePullPolicy":"Always","readinessProbe":{"periodSeconds":1,"exec":
                {"command":["/bin/busybox","test","-e","/second"]}},)")},
        1);
  WaitUntilSaid(R"("running":)");
  const std::string root = data_ + "/root";
  ASSERT_EQ(RunShell(absl::Substitute("touch $0/second && tar -C $0 -cf $0.tar .", root)), 0);
  Import("test/busybox:2", root + ".tar");
  Push("test/busybox:2");
  Tag("test/busybox:1");  // The engine does not know of it.
  const auto runs = engine().ListContainers({{kContainerLabel, "main"}});
  ASSERT_TRUE(runs.ok() && runs->size() == 1) << runs.status();
  ASSERT_TRUE(engine().StopContainer(runs->at(0).id, absl::ZeroDuration()).ok());
  WaitUntilReady();
}

TEST_F(RealRuntime, PruneRemovesTheImagesThatNobodyHasAndNothingNames) {
  ImportBusybox();
  Import("test/second:1", data_ + "/root.tar");
  Import("test/named:1", data_ + "/root.tar");
  std::string none = WebDeployment("none", 0);
  none = absl::StrReplaceAll(none, {{"test/busybox:1", "test/named:1"}});
  Apply({WebDeployment("web", 1), none}, 1);
  WaitFor([](const Projections& now) { return ReadyPods(now, "web").size() == 1; });
  grpc::ClientContext context;
  runtime::v1::ListImagesResponse removed;
  ASSERT_TRUE(images().Prune(&context, {}, &removed).ok());
  ASSERT_EQ(removed.images_size(), 1) << removed.ShortDebugString();
  EXPECT_THAT(removed.images(0).references(), testing::ElementsAre("test/second:1"));
  EXPECT_TRUE(absl::IsNotFound(engine().InspectImage("test/second:1").status()));
  EXPECT_TRUE(engine().InspectImage("test/named:1").ok());
}

}  // namespace
}  // namespace weft::local
