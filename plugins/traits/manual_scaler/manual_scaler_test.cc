#include "plugins/traits/manual_scaler/manual_scaler.h"

#include <gtest/gtest.h>

namespace weft::manual_scaler {
namespace {

json::value Properties(int64_t replicas) {
  return json::value(json::object{{"replicaCount", replicas}});
}

TEST(ManualScaler, SetsTheScaleOfWhateverWorkloadItIsAttachedTo) {
  sdk::Diagnostics diagnostics;
  const sdk::TraitRequest request{{"d/a/web/manual-scaler#0", "d", "a", "web", Properties(3)},
                                  {"web", {"example.org/v1", "Farm", "/spec/size", ""}}};
  const sdk::Parts parts = kManualScaler.render(request, diagnostics);
  ASSERT_EQ(parts.parts().size(), 1u);
  EXPECT_EQ(parts.parts()[0].object, (sdk::ObjectRef{"example.org/v1", "Farm", "web", ""}));
  EXPECT_EQ(parts.parts()[0].pointer, "/spec/size");
  EXPECT_EQ(json::Canonical(parts.parts()[0].value), "3");
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST(ManualScaler, IsHealthyWhenAllAskedForAreReady) {
  sdk::AssessRequest request{{"", "d", "a", "web", Properties(2)},
                             {"apps/v1", "Deployment", "/spec/replicas", ""},
                             {},
                             {}};
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kProgressing);
  request.observed.push_back({{"apps/v1", "Deployment", "web", "d"},
                              {},
                              *json::Parse(R"({"readyReplicas":1})"),
                              true,
                              false});
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kProgressing);
  EXPECT_EQ(kManualScaler.assess(request).message, "1 of 2 ready");
  request.observed[0].status = *json::Parse(R"({"readyReplicas":2})");
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kHealthy);
  request.observed[0].up_to_date = false;
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kProgressing);
}

TEST(ManualScaler, OfAJobThereIsNothingToWaitFor) {
  sdk::AssessRequest request{
      {"", "d", "a", "mill", Properties(2)}, {"batch/v1", "Job", "/spec/parallelism", ""}, {}, {}};
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kProgressing);
  request.observed.push_back({{"batch/v1", "Job", "mill", "d"}, {}, json::object{}, true, false});
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kHealthy);
  EXPECT_EQ(kManualScaler.assess(request).message, "at most 2 at once");
}

TEST(ManualScaler, IsHealthyAtTheSizeThatASteererAskedFor) {
  sdk::AssessRequest request{{"", "d", "a", "web", Properties(2)},
                             {"apps/v1", "Deployment", "/spec/replicas", ""},
                             {},
                             {}};
  request.observed.push_back({{"apps/v1", "Deployment", "web", "d"},
                              {},
                              *json::Parse(R"({"readyReplicas":5})"),
                              true,
                              false});
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kProgressing);
  request.steered.push_back(
      {{"apps/v1", "Deployment", "web", "d"}, "/spec/replicas", json::value(5), "job morning"});
  EXPECT_EQ(kManualScaler.assess(request).verdict, sdk::Verdict::kHealthy);
  EXPECT_EQ(kManualScaler.assess(request).message, "5 of 5 ready: job morning");
}

}  // namespace
}  // namespace weft::manual_scaler
