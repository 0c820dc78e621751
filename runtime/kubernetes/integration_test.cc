#include <set>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "runtime/kubernetes/integration_fixture.h"

namespace weft::kubernetes {
namespace {

using runtime::v1::AppliedObject;
using runtime::v1::ApplyResponse;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kWeb[] = "Deployment/shop/web";

std::string DigestOf(const Projections& projections, const std::string& key) {
  const auto found = projections.find(key);
  return found == projections.end() ? "" : found->second.digest();
}

bool IsAvailable(const Projections& projections, int64_t replicas) {
  const auto web = projections.find(kWeb);
  if (web == projections.end() || !web->second.up_to_date()) return false;
  const json::value status = *json::Parse(web->second.status());
  return json::GetInt(status, {"availableReplicas"}) == replicas &&
         json::GetInt(status, {"replicas"}) == replicas;
}

int PodCount(const Projections& projections) {
  int pods = 0;
  for (const auto& [key, projection] : projections) pods += projection.ref().kind() == "Pod";
  return pods;
}

TEST_F(RealCluster, CarriesObjectsOutAndTellsOfThem) {
  const ApplyResponse::Result applied = Accept(Web(2, 7));
  Accept(Object("v1", "Service", "web",
                R"({"spec":{"selector":{"app":"web"},"ports":[{"port":80,"protocol":"TCP"}]}})"));
  const auto carried_out = [](const Projections& now, bool complete) {
    return complete && IsAvailable(now, 2) && PodCount(now) == 2 && now.count("Service/shop/web");
  };
  Projections now = WaitFor(carried_out);
  const runtime::v1::Projection& web = now[kWeb];
  EXPECT_EQ(web.owner(), "shop/site/web");
  EXPECT_EQ(web.generation(), 7);
  EXPECT_EQ(web.digest(), applied.digest());
  for (const auto& [key, projection] : now) {
    if (projection.ref().kind() != "Pod") continue;
    EXPECT_EQ(projection.owner(), "shop/site/web");
    EXPECT_EQ(projection.controller().kind(), "Deployment");
    EXPECT_EQ(projection.controller().name(), "web");
  }
  EXPECT_EQ(json::GetString(Get("namespace/shop"), {"metadata", "labels", "weft.dev/installation"}),
            installation());
  KillRuntime();
  StartRuntime();
  EXPECT_EQ(DigestOf(WaitFor(carried_out), kWeb), applied.digest());
  EXPECT_TRUE(Delete(Web(2, 7)).ok());
  EXPECT_TRUE(Delete(Web(2, 7)).ok());  // What is not there is a success.
  now = WaitFor([](const Projections& all, bool complete) { return complete && all.size() == 1; });
  EXPECT_EQ(now.count("Service/shop/web"), 1);
  Get("namespace/shop");
}

TEST_F(RealCluster, ListsAndDescribes) {
  Accept(Object("v1", "ConfigMap", "settings", R"({"data":{"a":"1"}})"));
  WaitFor([](const Projections&, bool complete) { return complete; });
  grpc::ClientContext context, describing;
  runtime::v1::ListResponse list;
  ASSERT_TRUE(runtime().List(&context, {}, &list).ok());
  EXPECT_TRUE(list.complete());
  ASSERT_EQ(list.items_size(), 1);
  EXPECT_EQ(list.items(0).ref().name(), "settings");
  EXPECT_TRUE(list.items(0).up_to_date());
  runtime::v1::DescribeResponse description;
  ASSERT_TRUE(runtime().Describe(&describing, {}, &description).ok());
  EXPECT_EQ(description.platform(), "kubernetes");
  EXPECT_THAT(description.platform_version(), testing::StartsWith("v1."));
}

TEST_F(RealCluster, AcceptsAGenerationOnceAndNoLowerOne) {
  const ApplyResponse::Result first = Accept(Web(1, 2));
  const json::value managed = Get("deployment/web").at("metadata").at("managedFields");
  EXPECT_EQ(Accept(Web(1, 2)).digest(), first.digest());
  // Written again, the entry of "weft" would be younger, or there would be another.
  const json::value again = Get("deployment/web").at("metadata").at("managedFields");
  EXPECT_EQ(json::Canonical(again.at(0)), json::Canonical(managed.at(0)));
  EXPECT_EQ(Apply(Web(1, 1)).outcome(), runtime::v1::APPLY_OUTCOME_OUTDATED);
  EXPECT_NE(Accept(Web(1, 3, "test/web:2")).digest(), first.digest());
}

TEST_F(RealCluster, SeesAndPutsRightWhatSomebodyElseChanged) {
  const ApplyResponse::Result applied = Accept(Web(2, 1));
  Kubectl({"label", "deployment/web", "mine=yes"});
  Kubectl({"set", "image", "deployment/web", "web=evil:9", "--field-manager=mallory"});
  WaitFor([&](const Projections& now, bool) {
    return now.count(kWeb) > 0 && DigestOf(now, kWeb) != applied.digest();
  });
  AppliedObject correcting = Web(2, 1);
  correcting.set_correct(true);
  const ApplyResponse::Result corrected = Accept(correcting);
  EXPECT_EQ(corrected.digest(), applied.digest());
  ASSERT_EQ(corrected.corrections_size(), 1) << corrected.DebugString();
  EXPECT_EQ(corrected.corrections(0).pointer(), "/spec/template/spec/containers[name=web]/image");
  EXPECT_EQ(corrected.corrections(0).writer(), "mallory");
  // What we never said anything of stays.
  EXPECT_EQ(json::GetString(Get("deployment/web"), {"metadata", "labels", "mine"}), "yes");
  WaitFor([&](const Projections& now, bool) { return DigestOf(now, kWeb) == applied.digest(); });
  const ApplyResponse::Result nothing = Accept(correcting);
  EXPECT_EQ(nothing.corrections_size(), 0) << nothing.DebugString();
}

TEST_F(RealCluster, MakesAgainWhatSomebodyElseDeleted) {
  Accept(Web(1, 4));
  WaitFor([](const Projections& now, bool) { return now.count(kWeb) > 0; });
  Kubectl({"delete", "deployment/web"});
  WaitFor([](const Projections& now, bool complete) { return complete && !now.count(kWeb); });
  AppliedObject correcting = Web(1, 4);
  correcting.set_correct(true);
  EXPECT_EQ(Accept(correcting).corrections_size(), 0);
  WaitFor([](const Projections& now, bool) { return now.count(kWeb) > 0; });
}

// The managers that own the number of replicas, by name, and the number.
std::string Replicas(const json::value& deployment) {
  std::set<std::string> managers;
  for (const json::value& entry : deployment.at("metadata").at("managedFields").get_array()) {
    if (json::FindPath(entry, {"fieldsV1", "f:spec", "f:replicas"}) != nullptr)
      managers.insert(json::GetString(entry, {"manager"}));
  }
  return absl::StrCat(absl::StrJoin(managers, " "), " ",
                      json::GetInt(deployment, {"spec", "replicas"}));
}

TEST_F(RealCluster, StartsALeafWithItsSeedAndSetsItUnderANameOfItsOwn) {
  AppliedObject steered = Web(0, 1);
  Steer(steered, "/spec/replicas", "3", false);
  const ApplyResponse::Result made = Accept(steered);
  EXPECT_EQ(Replicas(Get("deployment/web")), "weft weft-steer 3");
  AppliedObject acted = Web(0, 2);
  Steer(acted, "/spec/replicas", "5", true);
  EXPECT_EQ(Accept(acted).digest(), made.digest());
  EXPECT_EQ(Replicas(Get("deployment/web")), "weft-steer 5");
  // Released: it gets its seed again, which is said as a value.
  AppliedObject released = Web(0, 3);
  Steer(released, "/spec/replicas", "3", true);
  EXPECT_EQ(Accept(released).digest(), made.digest());
  EXPECT_EQ(Replicas(Get("deployment/web")), "weft-steer 3");
  // A change by somebody else is no drift, and stays where the leaf is only seeded.
  Kubectl({"scale", "deployment/web", "--replicas=4"});
  AppliedObject seeded = Web(0, 4);
  Steer(seeded, "/spec/replicas", "1", false);
  EXPECT_EQ(Accept(seeded).digest(), made.digest());
  EXPECT_EQ(json::GetInt(Spec("deployment/web"), {"replicas"}), 4);
}

TEST_F(RealCluster, HandsALeafOverWithoutAGap) {
  Accept(Web(6, 1));
  const std::string before =
      json::GetString(Get("deployment/web"), {"metadata", "resourceVersion"});
  AppliedObject seeded = Web(0, 2);
  Steer(seeded, "/spec/replicas", "1", false);
  Accept(seeded);
  EXPECT_EQ(Replicas(Get("deployment/web")), "weft-steer 6");
  Accept(Web(6, 3));
  EXPECT_EQ(Replicas(Get("deployment/web")), "weft 6");
  // Every state that the object was in since.
  const std::string history =
      Kubectl({"get", "--raw",
               absl::StrCat("/apis/apps/v1/namespaces/shop/deployments?watch=1&timeoutSeconds=1&"
                            "resourceVersion=",
                            before)});
  int states = 0;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(history, '\n', absl::SkipEmpty()))) {
    const json::value event = *json::Parse(line);
    EXPECT_EQ(json::GetInt(event, {"object", "spec", "replicas"}), 6) << line;
    ++states;
  }
  EXPECT_GE(states, 4);  // A taking and a giving up, twice.
}

TEST_F(RealCluster, SteersALeafWithinAListElement) {
  AppliedObject web = Web(1, 1);
  const std::string pointer =
      "/spec/template/spec/containers[name=web]/ports"
      "[containerPort=80,protocol=TCP]/name";
  Steer(web, pointer, "\"http\"", true);
  Accept(web);
  const auto port = [&] {
    return json::Canonical(
        Spec("deployment/web").at("template").at("spec").at("containers").at(0).at("ports"));
  };
  EXPECT_EQ(port(), R"([{"containerPort":80,"name":"http","protocol":"TCP"}])");
  AppliedObject next = Web(1, 2);
  Steer(next, pointer, "\"web\"", true);
  Accept(next);
  EXPECT_EQ(port(), R"([{"containerPort":80,"name":"web","protocol":"TCP"}])");
  Accept(Web(1, 3));  // Nobody wants a name any more.
  EXPECT_EQ(port(), R"([{"containerPort":80,"protocol":"TCP"}])");
}

TEST_F(RealCluster, NeverTouchesWhatIsNotOfThisInstallation) {
  Accept(Object("v1", "ConfigMap", "mine", R"({"data":{"a":"1"}})"));
  Kubectl({"create", "configmap", "theirs", "--from-literal=a=theirs"});
  Kubectl({"label", "configmap/mine", "weft.dev/installation=other", "--overwrite"});
  const AppliedObject theirs = Object("v1", "ConfigMap", "theirs", R"({"data":{"a":"1"}})", 2);
  for (const bool dry_run : {false, true}) {
    const ApplyResponse::Result refused = Apply(theirs, dry_run);
    EXPECT_EQ(refused.outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
    EXPECT_THAT(refused.message(), HasSubstr("ConfigMap shop/theirs is there already"));
  }
  const AppliedObject lost = Object("v1", "ConfigMap", "mine", R"({"data":{"a":"2"}})", 2);
  EXPECT_THAT(Apply(lost).message(), HasSubstr("installation other"));
  EXPECT_TRUE(Delete(theirs).ok());
  EXPECT_TRUE(Delete(lost).ok());
  EXPECT_EQ(json::Canonical(Get("configmap/theirs").at("data")), R"({"a":"theirs"})");
  EXPECT_EQ(json::Canonical(Get("configmap/mine").at("data")), R"({"a":"1"})");
}

TEST_F(RealCluster, ConvergesWhenTheApiServerWasAwayAndDoublesNothing) {
  const ApplyResponse::Result applied = Accept(Web(2, 1));
  WaitFor([](const Projections& now, bool complete) { return complete && IsAvailable(now, 2); });
  ASSERT_TRUE(cluster().StopApiServer().ok());
  ApplyResponse response;
  EXPECT_EQ(TryApply(Web(3, 2), false, response).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Delete(Web(3, 2)).error_code(), grpc::StatusCode::UNAVAILABLE);
  // What was there is still told of: absence is not believed.
  WaitFor([&](const Projections& now, bool) { return DigestOf(now, kWeb) == applied.digest(); });
  ASSERT_TRUE(cluster().StartApiServer().ok());
  Accept(Web(3, 2));
  WaitFor([](const Projections& now, bool) { return IsAvailable(now, 3) && PodCount(now) == 3; });
  EXPECT_THAT(Kubectl({"get", "deployment", "-o", "name"}), "deployment.apps/web\n");
}

// While this stands the runtime's account may have one request under way: others are refused, 429.
constexpr char kOneAtATime[] = R"(
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: nothing}
spec:
  type: Limited
  limited: {nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: {type: Reject}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: nothing}
spec:
  matchingPrecedence: 2
  priorityLevelConfiguration: {name: nothing}
  rules:
  - subjects: [{kind: ServiceAccount, serviceAccount: {name: weft-runtime, namespace: weft-system}}]
    resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]
)";

TEST_F(RealCluster, SendsAgainWhatABusyApiServerRefuses) {
  const e2e::CommandResult busy = cluster().Apply(kOneAtATime);
  ASSERT_EQ(busy.status, 0) << busy.err;
  constexpr int kObjects = 40;
  runtime::v1::ApplyRequest request;
  for (int i = 0; i < kObjects; ++i)
    *request.add_objects() =
        Object("v1", "ConfigMap", absl::StrCat("c", i), R"({"data":{"a":"1"}})");
  int accepted = 0;
  bool refused = false;
  const absl::Time end = absl::Now() + absl::Seconds(60);
  // The API server learns of it in its own time.
  for (uint64_t generation = 1; !(refused && accepted == kObjects) && absl::Now() < end;
       ++generation) {
    for (AppliedObject& object : *request.mutable_objects()) object.set_generation(generation);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(end));
    ApplyResponse response;
    EXPECT_TRUE(runtime().Apply(&context, request, &response).ok());
    accepted = 0;
    for (const ApplyResponse::Result& result : response.results())
      accepted += result.outcome() == runtime::v1::APPLY_OUTCOME_ACCEPTED;
    refused = absl::StrContains(Kubectl({"get", "--raw", "/metrics"}),
                                "apiserver_flowcontrol_rejected_requests_total{"
                                "flow_schema=\"nothing\"");
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(accepted, kObjects);
  WaitFor([](const Projections& now, bool) { return now.size() == kObjects; });
}

TEST_F(RealCluster, LearnsOfKindsAndKeepsThem) {
  cluster().Apply(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: databases.example.org}
spec:
  group: example.org
  names: {kind: Database, plural: databases}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
)");
  Kubectl({"wait", "--for=condition=Established", "crd/databases.example.org"});
  Allow("databases.example.org");
  const AppliedObject database =
      Object("example.org/v1", "Database", "db", R"({"spec":{"size":3}})");
  const ApplyResponse::Result applied = Accept(database);
  const auto told = [&](const Projections& now, bool complete) {
    return complete && DigestOf(now, "Database/shop/db") == applied.digest();
  };
  WaitFor(told);
  Kubectl({"patch", "database/db", "--type=merge", "-p", R"({"spec":{"size":4}})"});
  WaitFor([&](const Projections& now, bool complete) {
    return now.count("Database/shop/db") && !told(now, complete);
  });
  KillRuntime();
  StartRuntime();
  WaitFor([](const Projections& now, bool complete) {
    return complete && now.count("Database/shop/db");
  });
}

TEST_F(RealCluster, AppliesOneObjectFromManyCallsOnce) {
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back(
        [&] { Accept(Object("v1", "ConfigMap", "one", R"({"data":{"a":"1"}})")); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(json::Canonical(Get("configmap/one").at("data")), R"({"a":"1"})");
}

TEST_F(RealCluster, HasNoOutputOfAPodThatIsNotThere) {
  WaitFor([](const Projections&, bool complete) { return complete; });
  grpc::ClientContext context;
  runtime::v1::LogsRequest request;
  request.set_namespace_("shop");
  request.set_pod("web-1");
  const auto reader = runtime().Logs(&context, request);
  runtime::v1::LogsResponse piece;
  EXPECT_FALSE(reader->Read(&piece));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace weft::kubernetes
