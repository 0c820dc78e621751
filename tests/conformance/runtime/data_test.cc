// ConfigMap, Secret, PersistentVolumeClaim.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

class Data : public Conformance {
 protected:
  bool UntilAt(const std::string& kind, const std::string& name, uint64_t generation) {
    return Until(absl::StrCat(name, " at generation ", generation), [&] {
      const auto found = Find(kind, name);
      return found.has_value() && found->generation() == generation && found->up_to_date();
    });
  }
  runtime::v1::AppliedObject Claim(const std::string& mode = "ReadWriteOnce") {
    // Without a class: of a volume that is there, where nobody makes them.
    return Object("v1", "PersistentVolumeClaim", "disk",
                  absl::StrCat(R"("spec":{"storageClassName":"","accessModes":[")", mode,
                               R"("],"resources":{"requests":{"storage":"1Mi"}}})"));
  }
  static std::string Mounted(const std::vector<std::string>& statements) {
    return PodWithVolume(statements, "/v", R"("persistentVolumeClaim":{"claimName":"disk"})");
  }
};

TEST_F(Data, AConfigMapChanges) {
  UntilAt("ConfigMap", "settings", Accept(ConfigMap("settings", R"({"a":"1"})")));
  UntilAt("ConfigMap", "settings", Accept(ConfigMap("settings", R"({"a":"2","b":"3"})")));
  UntilAt("ConfigMap", "settings", Accept(ConfigMap("settings", "{}")));
}

TEST_F(Data, WhatIsNotAcceptedChangesNothing) {
  WEFT_NEEDS(kPrograms);
  const auto of = [&](uint64_t generation, const std::string& data) {
    runtime::v1::AppliedObject object = ConfigMap("settings", data);
    object.set_generation(generation);
    return object;
  };
  Accept(of(5, R"({"level":"Grüße, 世界"})"));
  Apply(of(6, R"({"level":"tried"})"), /*dry_run=*/true);
  Apply(of(4, R"({"level":"old"})"));
  Apply(of(7, R"({"level":1})"));
  const std::string level =
      R"(,"env":[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"name":"settings","key":"level"}}}])";
  Accept(Deployment("web", 1, Pod({"env LEVEL", "wait"}, level)));
  UntilSaid("web", {"LEVEL=Grüße, 世界"});
}

TEST_F(Data, AConfigMapHoldsBytes) {
  UntilAt("ConfigMap", "settings",
          Accept(Object("v1", "ConfigMap", "settings", R"("binaryData":{"a":"Ynl0ZXM="})")));
  if (!Has(Ability::kFiles)) return;
  Accept(Deployment(
      "web", 1, PodWithVolume({"show /c/a", "wait"}, "/c", R"("configMap":{"name":"settings"})")));
  UntilSaid("web", {"bytes"});
}

TEST_F(Data, BytesThatAreNotBase64AreRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Object("v1", "Secret", "keys", R"("data":{"a":"not base64!"})")).outcome(),
            runtime::v1::APPLY_OUTCOME_REFUSED);
}

TEST_F(Data, AKeyThatCannotBeAFileIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(ConfigMap("settings", R"({"a/b":"1"})")).outcome(),
            runtime::v1::APPLY_OUTCOME_REFUSED);
}

TEST_F(Data, WhatASecretHoldsIsNotTold) {
  UntilAt("Secret", "keys",
          Accept(Object("v1", "Secret", "keys", R"("data":{"token":"aHVzaA=="})")));
  const std::string told = Find("Secret", "keys").value().SerializeAsString();
  EXPECT_FALSE(absl::StrContains(told, "aHVzaA") || absl::StrContains(told, "hush"));
}

TEST_F(Data, AClaimIsBound) {
  WEFT_NEEDS(kFiles);
  Accept(Claim());
  Accept(Deployment("web", 1, Mounted({"wait"})));
  Until("it is bound", [&] {
    return json::GetString(StatusOf("PersistentVolumeClaim", "disk"), {"phase"}) == "Bound";
  });
  UntilReady("web", 1);
}

TEST_F(Data, WhatAClaimHoldsOutlivesItsPods) {
  WEFT_NEEDS(kFiles);
  Accept(Claim());
  const auto first = Deployment("web", 1, Mounted({"write /v/note kept", "say done", "wait"}));
  Accept(first);
  UntilSaid("web", {"done"});
  EXPECT_TRUE(Delete(first).ok());
  Until("its pods are gone", [&] { return AllPodsOf("web").empty(); });
  Accept(Deployment("reader", 1, Mounted({"show /v/note", "wait"})));
  UntilSaid("reader", {"kept"});
}

TEST_F(Data, AClaimThatIsUsedStaysUntilItIsNot) {
  WEFT_NEEDS(kFiles);
  Accept(Claim());
  const auto web = Deployment("web", 1, Mounted({"wait"}));
  Accept(web);
  UntilReady("web", 1);
  EXPECT_TRUE(Delete(Claim()).ok());
  Until("it is about to go", [&] {
    const auto found = Find("PersistentVolumeClaim", "disk");
    return found.has_value() && found->deleting();
  });
  EXPECT_TRUE(Delete(web).ok());
  Until("it is gone", [&] { return !Find("PersistentVolumeClaim", "disk").has_value(); });
}

TEST_F(Data, APodWaitsForItsClaim) {
  WEFT_NEEDS(kFiles);
  Accept(Deployment("web", 1, Mounted({"wait"})));
  Until("it is there", [&] { return PodsOf("web").size() == 1; });
  AllTheTime(absl::Seconds(1), [&] {
    const std::vector<PodSeen> pods = PodsOf("web");
    return pods.size() == 1 && json::GetString(pods[0].status, {"phase"}) == "Pending";
  });
  Accept(Claim());
  UntilReady("web", 1);
}

TEST_F(Data, AnAccessModeThatDoesNotExistIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Claim("WriteTwice")).outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
}

}  // namespace
}  // namespace weft::conformance
