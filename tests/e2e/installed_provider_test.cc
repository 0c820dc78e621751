// A third party's trait in Python, from its image, as `weft provider install` runs it.
#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/channel.h"
#include "core/cli/client.h"
#include "tests/e2e/greeter_mesh.h"
#include "weft/core/v1/instances.grpc.pb.h"

namespace weft::e2e {
namespace {

using common::v1::VERDICT_HEALTHY;
using testing::AllOf;
using testing::HasSubstr;

// The component "web" greets with its trait `greeter`; another `trait` may stand beside it.
std::string Documents(const std::string& name, const std::string& greeting,
                      const std::string& trait = "") {
  return absl::StrCat(R"(apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata: {name: web}
spec:
  workloadType: core.oam.dev/v1alpha1.Server
  containers:
    - name: web
      image: weft/hello:v1
      env: [{name: PORT, value: "8080"}]
      ports: [{name: http, containerPort: 8080}]
---
apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata: {name: )",
                      name, R"(}
spec:
  components:
    - componentName: web
      instanceName: )",
                      name, R"(-web
      traits:
        - name: greeter
          properties: {greeting: )",
                      greeting, R"(, image: "example/greeter:v1"}
)",
                      trait);
}

class InstalledProvider : public GreeterMesh {
 protected:
  // The greeter under another type's name.
  void ImportRival(const std::string& image) const {
    Import(image, {"/usr/bin/python3", "-c",
                   "import os, runpy, sys; sys.path.insert(0, '/app'); "
                   "os.environ['GREETER_TYPE'] = 'rival'; "
                   "runpy.run_path('/app/greeter.py', run_name='__main__')"});
  }
  // The document's pods, each of which has a sidecar, are up and well.
  testing::AssertionResult AwaitGreeted(const std::string& name) const {
    return AwaitConverged(name, {{name + "-web", 2}});
  }
};

TEST_F(InstalledProvider, SaysWhatItAsksForAndIsUsedAndGoesWhenNobodyUsesIt) {
  EXPECT_THAT(asked_, AllOf(HasSubstr("asks to serve"), HasSubstr("ADD */* +podTemplate"),
                            HasSubstr("provider/greeter installed")));
  ASSERT_EQ(Apply("shop", Documents("shop", "Servus")).status, 0);
  ASSERT_TRUE(AwaitGreeted("shop"));
  EXPECT_EQ(OnlyComponent("shop").traits(0).health().verdict(), VERDICT_HEALTHY);
  const CommandResult answer = Weft({"logs", "shop"});
  EXPECT_EQ(answer.status, 0) << answer.err;

  const CommandResult used = Weft({"provider", "remove", "greeter"});
  EXPECT_NE(used.status, 0);
  EXPECT_THAT(used.err, HasSubstr("are used by default/shop: remove them there first"));
  EXPECT_TRUE(Provider("greeter").available());

  EXPECT_EQ(Weft({"delete", "shop", "--wait"}).status, 0);
  const CommandResult removed = Weft({"provider", "remove", "greeter"});
  EXPECT_EQ(removed.status, 0) << removed.err;
  EXPECT_TRUE(Pods("greeter").empty());
  EXPECT_FALSE(std::filesystem::exists(data().Below("identities/greeter")));
  EXPECT_THAT(Apply("shop", Documents("shop", "Servus")).err,
              HasSubstr("no provider serves a trait \"greeter\""));
}

TEST_F(InstalledProvider, IsNotUsedWhereNobodyAgreed) {
  // Nobody is at the terminal: that is no consent.
  const CommandResult first = Weft({"provider", "install", kGreeterImage, "--name", "other"});
  EXPECT_THAT(first.err, HasSubstr("it describes greeter, which the provider greeter serves"));
  EXPECT_EQ(Weft({"provider", "remove", "other"}).status, 0);

  ImportRival("example/greeter:v2");
  const CommandResult other =
      Weft({"provider", "install", "example/greeter:v2", "--name", "greeter"});
  EXPECT_NE(other.status, 0);
  EXPECT_THAT(other.out, HasSubstr("rival"));
  EXPECT_TRUE(Await("the core says why", [&] {
    return absl::StrContains(Provider("greeter").message(), "something else than was agreed to");
  })) << Provider("greeter").message();
  EXPECT_THAT(Apply("shop", Documents("shop", "Servus")).err, HasSubstr("agreed to"));

  ASSERT_EQ(Weft({"provider", "install", kGreeterImage, "--name", "greeter", "--yes"}).status, 0);
  EXPECT_EQ(Apply("shop", Documents("shop", "Servus")).status, 0);
}

TEST_F(InstalledProvider, IsTheInstallationsOwn) {
  EXPECT_THAT(Weft({"-n", "weft-system", "delete", "greeter"}).err,
              HasSubstr("use weft provider remove"));
  for (const char* name : {"../core", "server", "nobody"}) {
    EXPECT_THAT(Weft({"provider", "remove", name}).err, HasSubstr("is installed")) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(data().Below("core.yaml")));
  EXPECT_TRUE(Provider("greeter").available());
  EXPECT_TRUE(Provider("server").available());
}

TEST_F(InstalledProvider, InConflictWithAnotherTraitBothAreNamed) {
  ImportRival("example/rival:v1");
  const CommandResult rival = Weft({"provider", "install", "example/rival:v1", "--yes"});
  ASSERT_EQ(rival.status, 0) << rival.err;
  const CommandResult refused = Apply("shop", Documents("shop", "Servus", R"(        - name: rival
          properties: {greeting: Moin, image: "example/greeter:v1"}
)"));
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("greeter"), HasSubstr("rival"), HasSubstr("GREETING"),
                                 HasSubstr("\"Servus\""), HasSubstr("\"Moin\"")))
      << refused.err;
  EXPECT_TRUE(absl::IsNotFound(Find("shop").status()));
}

TEST_F(InstalledProvider, ThatIsStoppedCostsOnlyWhatNeedsIt) {
  for (const char* greeting : {"Moin", "Servus"}) {  // The answer for the first one is cached.
    ASSERT_EQ(Apply("shop", Documents("shop", greeting)).status, 0);
    ASSERT_TRUE(AwaitGreeted("shop"));
  }
  const Runs before = Pods("shop-web");
  const pid_t pid = static_cast<pid_t>(ContainerOf("greeter").pid);
  ASSERT_GT(pid, 0);
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  EXPECT_TRUE(AwaitAvailable(false));
  EXPECT_EQ(OnlyComponent("shop").health().verdict(), VERDICT_HEALTHY);
  EXPECT_FALSE(OnlyComponent("shop").stale());
  EXPECT_THAT(Apply("shop", Documents("shop", "Hello")).err,
              HasSubstr("cannot be rendered: the provider greeter does not answer at ipv4:"));
  EXPECT_EQ(Disturbed(before, Pods("shop-web")), "");
  const CommandResult cached = Apply("shop", Documents("shop", "Moin"));
  EXPECT_EQ(cached.status, 0) << cached.err;
  EXPECT_THAT(cached.err, HasSubstr("its earlier answer for"));

  ASSERT_EQ(kill(pid, SIGCONT), 0);
  EXPECT_TRUE(AwaitAvailable(true));
  EXPECT_TRUE(AwaitGreeted("shop"));
}

TEST_F(InstalledProvider, ThatDiesComesBackWhereverItsPodIsThen) {
  const std::string before = ContainerOf("greeter").id;
  ASSERT_EQ(kill(static_cast<pid_t>(ContainerOf("greeter").pid), SIGKILL), 0);
  EXPECT_TRUE(Await("another run", [&] {
    return ContainerOf("greeter").restart_count > 0 || ContainerOf("greeter").id != before;
  }));
  // The core may not have noticed yet: until it has, and is connected again, an apply is refused.
  ASSERT_TRUE(Await("an apply that succeeds",
                    [&] { return Apply("shop", Documents("shop", "Servus")).status == 0; }));
  EXPECT_TRUE(AwaitAvailable(true));
  EXPECT_TRUE(AwaitGreeted("shop"));
}

TEST_F(InstalledProvider, ItsCertificateActsForNothingButItsOwnTypes) {
  const std::string identity = data().Below("identities/greeter");
  const CommandResult denied =
      RunCommand({"/usr/bin/env", "WEFT_TLS_DIR=" + identity, absl::StrCat(WEFT_BIN_DIR, "/weft"),
                  "--address", core_, "get", "apps"});
  EXPECT_NE(denied.status, 0);
  EXPECT_THAT(denied.err, HasSubstr("you are provider/greeter; calling "
                                    "weft.core.v1.Applications/List takes a user"));

  const auto instances = core::v1::Instances::NewStub(MakeCoreChannel(core_, identity));
  const auto watch = [&](const std::string& type) {
    grpc::ClientContext context;
    cli::SetDeadline(context, absl::Seconds(10));
    const auto stream = instances->Watch(&context);
    core::v1::WatchInstancesRequest request;
    request.mutable_subscribe()->add_types(type);
    stream->Write(request);
    core::v1::WatchInstancesResponse response;
    EXPECT_FALSE(stream->Read(&response)) << type;
    return stream->Finish();
  };
  const grpc::Status own = watch("greeter");
  EXPECT_THAT(own.error_message(), HasSubstr("serves greeter without FEATURE_INSTANCES"));
  const grpc::Status another = watch("cron-hpa");
  EXPECT_EQ(another.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(another.error_message(), "cron-hpa is no type of the provider greeter");
}

}  // namespace
}  // namespace weft::e2e
