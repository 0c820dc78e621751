// What a cluster refuses, and what helps.
#include <string>
#include <vector>

#include "runtime/kubernetes/integration_fixture.h"

namespace weft::kubernetes {
namespace {

using runtime::v1::AppliedObject;
using runtime::v1::ApplyResponse;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(RealCluster, ChecksWithoutChangingAnything) {
  EXPECT_EQ(Apply(Web(1, 1), true).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  const auto problems = [&](const AppliedObject& object) {
    const ApplyResponse::Result result = Apply(object, true);
    EXPECT_EQ(result.outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
    std::vector<std::string> told;
    for (const auto& diagnostic : result.diagnostics())
      told.push_back(diagnostic.code() + " " + diagnostic.pointer());
    if (told.empty()) ADD_FAILURE() << result.DebugString();
    return told;
  };
  AppliedObject negative = Web(1, 1);
  Steer(negative, "/spec/replicas", "-1", true);
  EXPECT_THAT(problems(negative), ElementsAre("INVALID_VALUE /spec/replicas"));
  EXPECT_THAT(
      problems(Object("v1", "Service", "web", R"({"spec":{"portz":1,"ports":[{"port":80}]}})")),
      ElementsAre("UNSUPPORTED_FIELD /spec/portz"));
  EXPECT_THAT(problems(Object("v1", "Service", "web", R"({"spec":{"ports":[{"port":"x"}]}})")),
              ElementsAre("INVALID_VALUE /spec/ports/0/port"));
  EXPECT_THAT(problems(Object("example.org/v1", "Database", "db", "{}")),
              ElementsAre("UNSUPPORTED_KIND /kind"));
  EXPECT_EQ(cluster().Kubectl({"get", "namespace", "shop"}).status, 1);
}

// In a namespace that there is, what is new is checked by a dry run that makes it.
TEST_F(RealCluster, ChecksWhatIsNewWithoutMakingIt) {
  Accept(Object("v1", "ConfigMap", "first", R"({"data":{"a":"1"}})"));
  WaitFor([](const Projections&, bool complete) { return complete; });
  const AppliedObject fresh = Object("v1", "ConfigMap", "second", R"({"data":{"a":"1"}})");
  EXPECT_EQ(Apply(fresh, true).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(cluster().Kubectl({"-n", "shop", "get", "configmap", "second"}).status, 1);
  const ApplyResponse::Result refused = Apply(
      Object("v1", "Service", "web", R"({"spec":{"ports":[{"port":80},{"port":"x"}]}})"), true);
  EXPECT_EQ(refused.outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
  ASSERT_GE(refused.diagnostics_size(), 1) << refused.DebugString();
  EXPECT_EQ(refused.diagnostics(0).pointer(), "/spec/ports/1/port") << "as exact as ever";
}

TEST_F(RealCluster, SaysWhichLeavesNobodyMayChange) {
  AppliedObject web = Web(1, 1);
  Accept(web);
  std::string json = web.object().json();
  for (size_t at; (at = json.find("\"app\":\"web\"")) != std::string::npos;)
    json.replace(at, 11, "\"app\":\"new\"");
  web.mutable_object()->set_json(json);
  web.set_generation(2);
  const ApplyResponse::Result refused = Apply(web);
  EXPECT_EQ(refused.outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
  EXPECT_THAT(refused.immutable(), ElementsAre("/spec/selector"));
  EXPECT_THAT(refused.message(), HasSubstr("field is immutable"));
}

// What the core does with an object that its provider lets be made anew.
TEST_F(RealCluster, MakesAnewWhatNobodyMayChangeWhenItIsGone) {
  const auto settings = [this](const char* json, uint64_t generation) {
    AppliedObject object = Object("v1", "ConfigMap", "settings", json);
    object.set_generation(generation);
    return object;
  };
  constexpr char kSettings[] = "ConfigMap/shop/settings";
  Accept(settings(R"({"immutable":true,"data":{"a":"1"}})", 1));
  WaitFor([&](const Projections& now, bool) { return now.count(kSettings) > 0; });
  const AppliedObject other = settings(R"({"immutable":true,"data":{"a":"2"}})", 2);
  const ApplyResponse::Result refused = Apply(other);
  EXPECT_EQ(refused.outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
  EXPECT_THAT(refused.immutable(), ElementsAre("/data"));
  ASSERT_TRUE(Delete(other).ok());
  WaitFor([&](const Projections& now, bool complete) { return complete && !now.count(kSettings); });
  Accept(other);
  const Projections now =
      WaitFor([&](const Projections& all, bool) { return all.count(kSettings) > 0; });
  EXPECT_EQ(now.at(kSettings).generation(), 2u);
}

}  // namespace
}  // namespace weft::kubernetes
