#include "runtime/kubernetes/projecting.h"

#include <gtest/gtest.h>

namespace weft::kubernetes {
namespace {

using runtime::ObjectRef;

json::value Json(const std::string& text) { return *json::Parse(text); }

TEST(Projecting, APodBelongsToTheInstanceOfItsLabelsAndTheDeploymentOfItsReplicaSet) {
  const auto pod = Project("v1", "Pod", Json(R"({"metadata":{"namespace":"shop","name":"web-5d9c-x",
    "labels":{"weft.dev/application":"site","weft.dev/component":"web","pod-template-hash":"5d9c"},
    "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d9c","controller":true}]},
    "status":{"phase":"Running"}})"));
  EXPECT_EQ(pod.ref, (ObjectRef{"v1", "Pod", "shop", "web-5d9c-x"}));
  EXPECT_EQ(pod.owner, "shop/site/web");
  EXPECT_EQ(pod.controller, (ObjectRef{"apps/v1", "Deployment", "shop", "web"}));
  EXPECT_EQ(pod.status, R"({"phase":"Running"})");
  EXPECT_EQ(pod.generation, 0);
  EXPECT_EQ(pod.digest, "");
}

TEST(Projecting, APodOfAJobBelongsToTheJob) {
  const auto pod = Project("v1", "Pod", Json(R"({"metadata":{"namespace":"d","name":"t-1",
    "ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"t","controller":true}]}})"));
  EXPECT_EQ(pod.controller, (ObjectRef{"batch/v1", "Job", "d", "t"}));
  EXPECT_EQ(pod.owner, "");
}

constexpr char kDeployment[] = R"({"metadata":{"namespace":"d","name":"web","generation":4,
  "annotations":{"weft.dev/generation":"9","weft.dev/owner":"d/a/web"},
  "managedFields":[{"manager":"weft","operation":"Apply","fieldsV1":{"f:metadata":{"f:annotations":
    {"f:weft.dev/generation":{},"f:weft.dev/owner":{}}}}}]},
  "status":{"observedGeneration":3}})";

TEST(Projecting, AnObjectHasItsOwnerGenerationAndDigest) {
  const auto web = Project("apps/v1", "Deployment", Json(kDeployment));
  EXPECT_EQ(web.owner, "d/a/web");
  EXPECT_EQ(web.generation, 9);
  EXPECT_EQ(web.digest.substr(0, 7), "sha256:");
  EXPECT_FALSE(web.deleting);
}

TEST(Projecting, AStatusIsUpToDateWhenItSpeaksOfTheObjectAsItIs) {
  json::value object = Json(kDeployment);
  EXPECT_FALSE(Project("apps/v1", "Deployment", object).up_to_date);
  object.at("status").at("observedGeneration") = 4;
  EXPECT_TRUE(Project("apps/v1", "Deployment", object).up_to_date);
  object.at("status").emplace_object();
  EXPECT_FALSE(Project("apps/v1", "Deployment", object).up_to_date);
  EXPECT_TRUE(Project("v1", "Service", object).up_to_date);
}

TEST(Projecting, AServiceTellsWhereItIsReached) {
  const auto status = [](const std::string& spec) {
    return Project("v1", "Service", Json(R"({"metadata":{"name":"x"},"spec":)" + spec + "}"))
        .status;
  };
  EXPECT_EQ(status(R"({"clusterIP":"10.0.0.9","ports":[{"name":"http","port":80}]})"),
            R"({"clusterIP":"10.0.0.9","ports":[{"name":"http","port":80}]})");
  EXPECT_EQ(status(R"({"clusterIP":"None","ports":[{"port":80}]})"), "{}");
  EXPECT_EQ(status(R"({"ports":[{"port":80}]})"), "{}");
}

TEST(Projecting, AnObjectThatGoesIsMarked) {
  const auto going =
      Project("v1", "Service",
              Json(R"({"metadata":{"name":"x","deletionTimestamp":"2026-01-01T00:00:00Z"}})"));
  EXPECT_TRUE(going.deleting);
  EXPECT_EQ(going.status, "{}");
}

TEST(Projecting, AVersionIsANumberOrNone) {
  EXPECT_EQ(VersionOf(Json(R"({"metadata":{"resourceVersion":"123"}})")), 123);
  EXPECT_EQ(VersionOf(Json("{}")), 0);
}

}  // namespace
}  // namespace weft::kubernetes
