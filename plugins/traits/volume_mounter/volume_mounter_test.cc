#include "plugins/traits/volume_mounter/volume_mounter.h"

#include <gtest/gtest.h>

namespace weft::volume_mounter {
namespace {

sdk::Instance OnVolume(const char* volume) {
  return {"d/a/db/volume-mounter#0", "d", "a", "db",
          json::object{{"volumeName", volume}, {"storageClass", "ssd"}}};
}

sdk::TraitRequest Request(const char* volume) {
  return {
      OnVolume(volume),
      {"db",
       {"apps/v1", "StatefulSet", "", "/spec/template"},
       {{"apps/v1", "StatefulSet", "db", "d"}, {"v1", "PersistentVolumeClaim", "db-data", "d"}}}};
}

TEST(VolumeMounter, NamesTheClassOfTheVolumesClaim) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = kVolumeMounter.render(Request("data"), diagnostics);
  EXPECT_TRUE(diagnostics.all().empty());
  ASSERT_EQ(parts.parts().size(), 1u);
  EXPECT_EQ(parts.parts()[0].object,
            (sdk::ObjectRef{"v1", "PersistentVolumeClaim", "db-data", ""}));
  EXPECT_EQ(parts.parts()[0].pointer, "/spec/storageClassName");
  EXPECT_EQ(json::Canonical(parts.parts()[0].value), "\"ssd\"");
}

TEST(VolumeMounter, RefusesAVolumeThatTheComponentDoesNotHave) {
  sdk::Diagnostics diagnostics;
  EXPECT_TRUE(kVolumeMounter.render(Request("dat"), diagnostics).parts().empty());
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].code, "NO_SUCH_VOLUME");
  EXPECT_EQ(diagnostics.all()[0].pointer, "/volumeName");
  EXPECT_EQ(diagnostics.all()[0].hint, "what its volumes claim: db-data");
  sdk::TraitRequest none = Request("data");
  none.workload.objects.clear();
  EXPECT_TRUE(kVolumeMounter.render(none, diagnostics).parts().empty());
  EXPECT_EQ(diagnostics.all().back().hint,
            "declare it under `resources.volumes` of a container, without `ephemeral`");
}

TEST(VolumeMounter, IsHealthyWhenTheClaimIsBound) {
  sdk::AssessRequest request{OnVolume("data"), {"apps/v1", "StatefulSet", "", ""}, {}, {}};
  EXPECT_EQ(kVolumeMounter.assess(request).verdict, sdk::Verdict::kProgressing);
  request.observed.push_back({{"v1", "PersistentVolumeClaim", "db-data", "d"},
                              {},
                              *json::Parse(R"({"phase":"Pending"})"),
                              true,
                              false});
  EXPECT_EQ(kVolumeMounter.assess(request).verdict, sdk::Verdict::kProgressing);
  EXPECT_EQ(kVolumeMounter.assess(request).message, "db-data has no volume of the class ssd yet");
  request.observed[0].status = *json::Parse(R"({"capacity":{"storage":"5Gi"},"phase":"Bound"})");
  EXPECT_EQ(kVolumeMounter.assess(request).verdict, sdk::Verdict::kHealthy);
  EXPECT_EQ(kVolumeMounter.assess(request).message, "5Gi for db-data");
  request.observed[0].status = *json::Parse(R"({"phase":"Lost"})");
  EXPECT_EQ(kVolumeMounter.assess(request).verdict, sdk::Verdict::kFailed);
}

}  // namespace
}  // namespace weft::volume_mounter
