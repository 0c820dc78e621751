#include "runtime/local/environment.h"

#include <gtest/gtest.h>

#include "runtime/local/admission.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

PodContainer ContainerOf(const std::string& more) {
  const Admitted admitted =
      Admit(DeploymentRef("web"), DeploymentText("web", 1, "web:1", more), {});
  EXPECT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  return std::get<DeploymentSpec>(admitted.spec).pod.containers.at(0);
}

ObjectPtr Data(std::map<std::string, std::string> data, bool deleting = false) {
  Object object;
  object.deleting = deleting;
  object.spec = DataSpec{std::move(data)};
  return std::make_shared<const Object>(std::move(object));
}

class EnvironmentTest : public testing::Test {
 protected:
  EnvironmentTest() {
    pod_.name = "web-1";
    pod_.ns = "default";
    pod_.address = "172.16.0.2";
  }
  absl::StatusOr<RunText> Text(const std::string& more) {
    return TextOf(ContainerOf(more), pod_,
                  [this](const std::string& kind, const std::string& name) {
                    const auto found = objects_.find(kind + "/" + name);
                    return found == objects_.end() ? ObjectPtr() : found->second;
                  });
  }

  Pod pod_;
  std::map<std::string, ObjectPtr> objects_;
};

TEST_F(EnvironmentTest, AVariableSeesThoseBeforeItAndWordsSeeAll) {
  const auto text = Text(R"j(,"command":["run","$(B)","$$(B)"],"args":["$(A)$(A)"],
      "env":[{"name":"A","value":"1"},{"name":"B","value":"$(A)-$$(A)-$(C)"},
             {"name":"C","value":"3"}])j");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->environment, (Variables{{"A", "1"}, {"B", "1-$(A)-$(C)"}, {"C", "3"}}));
  EXPECT_EQ(text->command, (std::vector<std::string>{"run", "1-$(A)-$(C)", "$(B)"}));
  EXPECT_EQ(text->args, std::vector<std::string>{"11"});
}

TEST_F(EnvironmentTest, ValuesStandInOtherObjectsAndInThePod) {
  objects_["ConfigMap/settings"] = Data({{"mode", "fast"}, {"other", "x"}});
  objects_["Secret/keys"] = Data({{"token", "abc"}});
  const auto text = Text(R"j(,"envFrom":[{"configMapRef":{"name":"settings"},"prefix":"S_"}],
      "env":[{"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"keys","key":"token"}}},
             {"name":"S_other","value":"mine, $(S_mode)"},
             {"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
             {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}])j");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->environment, (Variables{{"S_mode", "fast"},
                                          {"S_other", "mine, fast"},
                                          {"TOKEN", "abc"},
                                          {"POD", "web-1"},
                                          {"IP", "172.16.0.2"}}));
}

TEST_F(EnvironmentTest, WhatIsMissingIsNamedUnlessItMayBe) {
  const std::string key =
      R"(,"env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"settings","key":"a"}}}])";
  EXPECT_EQ(Text(key).status(), absl::NotFoundError("configmap \"settings\" not found"));
  objects_["ConfigMap/settings"] = Data({{"a", "1"}}, true);
  EXPECT_FALSE(Text(key).ok()) << "it is being deleted";
  objects_["ConfigMap/settings"] = Data({});
  EXPECT_EQ(Text(key).status(),
            absl::NotFoundError("couldn't find key a in ConfigMap default/settings"));
  const auto optional = Text(
      R"(,"envFrom":[{"secretRef":{"name":"none","optional":true}}],"env":[{"name":"A",
      "valueFrom":{"configMapKeyRef":{"name":"settings","key":"a","optional":true}}}])");
  ASSERT_TRUE(optional.ok()) << optional.status();
  EXPECT_TRUE(optional->environment.empty());
  EXPECT_EQ(Text(R"(,"envFrom":[{"secretRef":{"name":"none"}}])").status(),
            absl::NotFoundError("secret \"none\" not found"));
}

}  // namespace
}  // namespace weft::local
