// The example application, from its documents to its answers and its end.
#include <gmock/gmock.h>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/files.h"
#include "core/store/sqlite_store.h"
#include "deploy/examples/hello/http.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

using testing::Contains;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Key;
using testing::Not;

const char kDocuments[] = WEFT_SOURCE_DIR "/deploy/examples/hello";

class Hello : public Mesh {
 protected:
  void SetUp() override {
    Mesh::SetUp();
    if (HasFatalFailure()) return;
    ImportHello();
    const CommandResult applied = Weft({"apply", "-f", kDocuments, "--wait"});
    ASSERT_EQ(applied.status, 0) << applied.out << applied.err;
    ASSERT_TRUE(AwaitConverged("hello", {{"hello-web", 3}, {"hello-caller", 1}}));
  }

  // The operator's document with `from` replaced by `to`.
  CommandResult ApplyWith(const std::string& from, const std::string& to) const {
    const std::string text = ReadFileOrEmpty(std::string(kDocuments) + "/application.yaml");
    EXPECT_THAT(text, HasSubstr(from));
    return Apply("application", absl::StrReplaceAll(text, {{from, to}}));
  }

  // "ADDRESS:PORT" at which the machine reaches an instance.
  std::string EndpointOf(const std::string& instance) const {
    std::string url;
    EXPECT_TRUE(AwaitStatus("hello", [&](const core::v1::Application& hello) {
      for (const core::v1::ComponentStatus& component : hello.components()) {
        if (component.instance_name() == instance && component.health().endpoints_size() == 1)
          url = component.health().endpoints(0).url();
      }
      return !url.empty();
    }));
    return std::string(absl::StripPrefix(url, "http://"));
  }

  // The pods that answer at `endpoint` in so many calls, by the names that they give.
  static std::set<std::string> Answering(const std::string& endpoint, int calls) {
    std::set<std::string> pods;
    for (int i = 0; i < calls; ++i) {
      const std::string answer = hello::Get(endpoint);
      EXPECT_THAT(answer, HasSubstr(" from hello-web-"));
      const size_t name = answer.find("hello-web-");
      if (name != std::string::npos) pods.insert(answer.substr(name, answer.size() - name - 1));
    }
    return pods;
  }

  // The ids of an instance's containers.
  std::set<std::string> Ids(const std::string& instance) const {
    std::set<std::string> ids;
    for (const auto& [name, run] : Pods(instance)) ids.insert(run.id);
    return ids;
  }
};

TEST_F(Hello, AnswersFromEveryPodThroughOneAddressAndByName) {
  EXPECT_TRUE(Await("three pods that answer",
                    [&] { return Answering(EndpointOf("hello-web"), 20).size() == 3; }));
  const std::string heard = hello::Get(EndpointOf("hello-caller"));
  EXPECT_THAT(heard, HasSubstr("hello-web:8080 says: Good morning from hello-web-"));

  const CommandResult status = Weft({"status", "hello"});
  ASSERT_EQ(status.status, 0) << status.err;
  for (const char* part : {"hello  HEALTHY", "hello-web  HEALTHY", "hello-caller  HEALTHY",
                           "trait manual-scaler  HEALTHY", "endpoint http://"})
    EXPECT_THAT(status.out, HasSubstr(part));
  const absl::StatusOr<core::v1::Application> hello = Find("hello");
  ASSERT_TRUE(hello.ok()) << hello.status();
  for (const core::v1::ComponentStatus& component : hello->components()) {
    for (const core::v1::PodStatus& pod : component.pods())
      EXPECT_THAT(status.out, HasSubstr("pod " + pod.name()));
  }
}

TEST_F(Hello, TopSaysWhatEachPodUses) {
  const CommandResult one = Weft({"top", "hello"});
  ASSERT_EQ(one.status, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("INSTANCE "));
  const CommandResult all = Weft({"top", "--containers"});
  ASSERT_EQ(all.status, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("CONTAINER "));
  const absl::StatusOr<core::v1::Application> hello = Find("hello");
  ASSERT_TRUE(hello.ok()) << hello.status();
  for (const core::v1::ComponentStatus& component : hello->components()) {
    for (const core::v1::PodStatus& pod : component.pods()) {
      const std::string begin = absl::StrCat(component.instance_name(), " +", pod.name(), " +");
      EXPECT_THAT(one.out, ContainsRegex(begin + "[0-9]+m +[0-9.]+[KM]i "));
      EXPECT_THAT(all.out, ContainsRegex("hello +" + begin + "[a-z]+ +[0-9]+m +[0-9.]+[KM]i "));
    }
  }
}

TEST_F(Hello, AppliedAgainChangesNothing) {
  const Runs before = Containers();
  const CommandResult again = Weft({"apply", "-f", kDocuments, "--wait"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("application/hello unchanged"));
  EXPECT_THAT(again.out, HasSubstr("component/hello-web unchanged"));
  EXPECT_THAT(again.out, HasSubstr("component/hello-caller unchanged"));
  EXPECT_EQ(Find("hello")->generation(), 1);
  EXPECT_EQ(Containers(), before);
}

TEST_F(Hello, IsScaledByTheOperatorsDocument) {
  const std::set<std::string> three = Ids("hello-web");
  const Runs caller = Pods("hello-caller");
  ASSERT_EQ(ApplyWith("replicaCount: 3", "replicaCount: 1").status, 0);
  ASSERT_TRUE(AwaitConverged("hello", {{"hello-web", 1}, {"hello-caller", 1}}));
  const std::set<std::string> one = Ids("hello-web");
  EXPECT_THAT(three, IsSupersetOf(one));
  EXPECT_EQ(Answering(EndpointOf("hello-web"), 10).size(), 1u);

  ASSERT_EQ(ApplyWith("replicaCount: 3", "replicaCount: 4").status, 0);
  ASSERT_TRUE(AwaitConverged("hello", {{"hello-web", 4}, {"hello-caller", 1}}));
  EXPECT_THAT(Ids("hello-web"), IsSupersetOf(one));
  // The rules of the Service follow the pods.
  EXPECT_TRUE(Await("four pods that answer",
                    [&] { return Answering(EndpointOf("hello-web"), 20).size() == 4; }));
  EXPECT_EQ(Disturbed(caller, Pods("hello-caller")), "");
}

TEST_F(Hello, AChangedParameterRollsThePodsOfItsComponentAndNoOthers) {
  const std::set<std::string> old = Ids("hello-web");
  const Runs caller = Pods("hello-caller");
  const std::string endpoint = EndpointOf("hello-web");
  ASSERT_EQ(ApplyWith("Good morning", "Good evening").status, 0);
  ASSERT_TRUE(AwaitConverged("hello", {{"hello-web", 3}, {"hello-caller", 1}}));
  for (const std::string& id : Ids("hello-web")) EXPECT_THAT(old, Not(Contains(id)));
  EXPECT_EQ(EndpointOf("hello-web"), endpoint);
  EXPECT_THAT(hello::Get(endpoint), HasSubstr("Good evening from "));
  EXPECT_EQ(Disturbed(caller, Pods("hello-caller")), "");
}

TEST_F(Hello, DeletionLeavesNothingBehindButItsComponents) {
  const CommandResult deleted = Weft({"delete", "hello", "--wait"});
  ASSERT_EQ(deleted.status, 0) << deleted.err;
  EXPECT_TRUE(absl::IsNotFound(Find("hello").status()));
  // The network is the last to go, after its application, with what answers for names there.
  EXPECT_TRUE(Await("the network is gone", [&] {
    const auto networks =
        engine().ListNetworks({{"weft.dev/installation", *data().Installation()}});
    return networks.ok() && networks->empty();
  }));
  EXPECT_EQ(Containers(), Runs());
  const auto store = store::OpenSqliteStore(data().Below("core.db"));
  ASSERT_TRUE(store.ok()) << store.status();
  for (const char* prefix :
       {"application/", "instance/", "object/", "desired/", "inventory/", "status/"}) {
    const auto left = (*store)->List(prefix);
    ASSERT_TRUE(left.ok()) << left.status();
    EXPECT_TRUE(left->empty()) << prefix << ": " << left->front().first;
  }
  EXPECT_THAT(*(*store)->List("component/"), Contains(Key("component/default/hello-web")));
}

// By a shell, which reads the port that the command prints and asks there twice.
TEST_F(Hello, APortOfThisMachineLeadsToAPod) {
  const std::string script = absl::StrCat(
      "exec 3< <(exec ", WEFT_BIN_DIR, "/weft --data ", data().path(),
      " port-forward hello :8080 --instance hello-web 2>&1); read -u3 line; echo \"$line\"; "
      "port=${line#*127.0.0.1:}; port=${port%% *}; for n in 1 2; do exec "
      "4<>/dev/tcp/127.0.0.1/$port; "
      "printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&4; cat <&4; "
      "done; kill $!");
  const CommandResult asked = RunCommand({"/bin/bash", "-c", script});
  EXPECT_THAT(asked.out, testing::ContainsRegex(
                             "^Forwarding 127.0.0.1:[0-9]+ to port 8080 of hello; Ctrl-C ends it"))
      << asked.err;
  const std::vector<std::string> answers = absl::StrSplit(asked.out, "HTTP/1.1 200");
  EXPECT_EQ(answers.size(), 3) << asked.out << asked.err;
  EXPECT_TRUE(Await("the event", [&] {
    const std::string events = Weft({"events", "hello"}).out;
    return events.find("PortForwarded") != std::string::npos &&
           events.find("user asked to connect to the port 8080") != std::string::npos;
  }));

  const CommandResult nobody = Weft({"port-forward", "nobody", "8080"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_THAT(nobody.err, HasSubstr("there is no application"));
  const CommandResult no_instance = Weft({"port-forward", "hello", "8080", "--instance", "nobody"});
  EXPECT_EQ(no_instance.status, 1);
  EXPECT_THAT(no_instance.err, HasSubstr("has no instance nobody"));
  const CommandResult taken = RunCommand(
      {"/bin/bash", "-c",
       absl::StrCat("exec 3< <(exec ", WEFT_BIN_DIR, "/weft --data ", data().path(),
                    " port-forward hello :8080); read -u3 line; port=${line#*127.0.0.1:}; ",
                    WEFT_BIN_DIR, "/weft --data ", data().path(),
                    " port-forward hello ${port%% *}:8080; status=$?; kill $!; exit $status")});
  EXPECT_EQ(taken.status, 1);
  EXPECT_THAT(taken.err, HasSubstr("Address already in use"));
  const CommandResult no_port = Weft({"port-forward", "hello", "8080:http"});
  EXPECT_EQ(no_port.status, 1);
  EXPECT_THAT(no_port.err, HasSubstr("'http' is no port"));
}

}  // namespace
}  // namespace weft::e2e
