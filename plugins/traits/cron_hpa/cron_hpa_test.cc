#include "plugins/traits/cron_hpa/cron_hpa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cron_hpa {
namespace {

using testing::ElementsAre;

sdk::Instance MakeInstance(const std::string& properties) {
  return {"d/a/web/cron-hpa#0", "d", "a", "web", json::Parse(properties).value()};
}

TEST(CronHpa, SteersTheScaleOfWhateverWorkloadItIsAttachedTo) {
  sdk::Diagnostics diagnostics;
  const sdk::TraitRequest request{
      MakeInstance(R"({"jobs":[{"name":"up","schedule":"0 0 8 * * *","targetSize":3}]})"),
      {"web", {"example.org/v1", "Farm", "/spec/size", ""}}};
  const sdk::Parts parts = kCronHpa.render(request, diagnostics);
  ASSERT_EQ(parts.parts().size(), 1u);
  EXPECT_EQ(parts.parts()[0].object, (sdk::ObjectRef{"example.org/v1", "Farm", "web", ""}));
  EXPECT_EQ(parts.parts()[0].pointer, "/spec/size");
  EXPECT_EQ(parts.parts()[0].steering, sdk::Steering::kActions);
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST(CronHpa, SaysWhatIsWrongWithTheJobsAtTheirPlaces) {
  sdk::Diagnostics diagnostics;
  kCronHpa.render(
      {MakeInstance(R"({"jobs":[{"name":"up","schedule":"0 8 * * *","targetSize":3}]})"),
       {"web", {"apps/v1", "Deployment", "/spec/replicas", ""}}},
      diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_TRUE(diagnostics.all()[0].error);
  EXPECT_EQ(diagnostics.all()[0].pointer, "/jobs/0/schedule");
}

TEST(CronHpa, ForetellsEveryFireFromTheBeginningOfASpanToBeforeItsEnd) {
  const sdk::Instance instance = MakeInstance(R"({"timeZone":"Europe/Berlin","jobs":[
      {"name":"up","schedule":"0 0 8 * * *","targetSize":3},
      {"name":"down","schedule":"0 0 20 * * *","targetSize":1,"runOnce":true}]})");
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time from = absl::FromCivil(absl::CivilSecond(2026, 7, 1, 6), utc);
  EXPECT_THAT(kCronHpa.timeline(instance, from, from + absl::Hours(48)),
              ElementsAre(sdk::TimelineEntry{from, "3 replicas", "job up"},
                          sdk::TimelineEntry{from + absl::Hours(12), "1 replica", "job down, once"},
                          sdk::TimelineEntry{from + absl::Hours(24), "3 replicas", "job up"}));
}

}  // namespace
}  // namespace weft::cron_hpa
