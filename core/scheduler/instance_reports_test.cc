#include "core/scheduler/instance_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/instances_testing.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InstanceReportsTest : public testing::Test {
 protected:
  void SetUp() override { StoreLiveApplication(store_, MakeLiveApplication()); }

  absl::Status Report(const std::string& instance, const std::string& state) {
    core::v1::ReportRequest request;
    request.set_instance(instance);
    request.set_state(state);
    *request.mutable_health() = MakeHealth(common::v1::VERDICT_DEGRADED, "Behind");
    return StoreReport(
        request,
        [](const std::string& type) {
          return type == "cron" ? absl::OkStatus() : absl::PermissionDeniedError(type);
        },
        /*now_unix_ms=*/1, store_);
  }

  HookedStore store_;
};

TEST_F(InstanceReportsTest, KeepsTheLastReportOfAnInstance) {
  ASSERT_TRUE(Report(kCron, "one").ok());
  ASSERT_TRUE(Report(kCron, "two").ok());
  const auto reports = ReadReports(store_, "default", "shop");
  ASSERT_TRUE(reports.ok());
  ASSERT_EQ(reports->size(), 1U);
  EXPECT_EQ(reports->at(kCron).state(), "two");
  EXPECT_EQ(reports->at(kCron).health().reason(), "Behind");
}

TEST_F(InstanceReportsTest, RefusesWhatIsNobodysAnothersOrTooLarge) {
  EXPECT_TRUE(absl::IsNotFound(Report("default/shop/none", "")));
  EXPECT_TRUE(absl::IsNotFound(Report("default/none/front", "")));
  EXPECT_TRUE(absl::IsNotFound(Report("nonsense", "")));
  EXPECT_TRUE(absl::IsPermissionDenied(Report(kWorkload, "")));
  EXPECT_TRUE(Report(kCron, std::string(16 * 1024, 'x')).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Report(kCron, std::string(16 * 1024 + 1, 'x'))));
  store::v1::ApplicationRecord record = MakeLiveApplication();
  record.set_deleting(true);
  StoreLiveApplication(store_, record);
  EXPECT_TRUE(absl::IsNotFound(Report(kCron, "")));
}

TEST_F(InstanceReportsTest, KeepsOutputsByNameAndRefusesThoseThatAreNone) {
  core::v1::ReportRequest request;
  request.set_instance(kCron);
  const auto report = [&](const std::vector<std::pair<std::string, std::string>>& outputs) {
    request.clear_outputs();
    for (const auto& [name, value] : outputs) {
      provider::v1::Output* output = request.add_outputs();
      output->set_name(name);
      output->set_value(value);
    }
    return StoreReport(
        request, [](const std::string&) { return absl::OkStatus(); },
        /*now_unix_ms=*/1, store_);
  };
  ASSERT_TRUE(report({{"url", "http://a"}, {"port", "80"}}).ok());
  const auto reports = ReadReports(store_, "default", "shop");
  ASSERT_EQ(reports->at(kCron).outputs_size(), 2);
  EXPECT_EQ(reports->at(kCron).outputs(0).name(), "port");
  for (const auto& [outputs, says] :
       std::vector<std::pair<std::vector<std::pair<std::string, std::string>>, std::string>>{
           {{{"Url", ""}}, "the output name 'Url' of"},
           {{{"", ""}}, "is no DNS label"},
           {{{"a", "1"}, {"a", "2"}}, "the output a of"},
           {{{"a", std::string(16 * 1024, 'x')}}, "has 16385 bytes, at most 16384"}}) {
    const absl::Status refused = report(outputs);
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), testing::HasSubstr(says));
  }
}

TEST_F(InstanceReportsTest, DropsTheReportsOfInstancesThatGo) {
  ASSERT_TRUE(Report(kCron, "one").ok());
  const store::v1::ApplicationRecord before = MakeLiveApplication();
  store::Transaction none, trait, all;
  DropReports(before, &before, none);
  EXPECT_THAT(none.deletes, IsEmpty());
  store::v1::ApplicationRecord after = before;
  after.mutable_instances(0)->clear_traits();
  DropReports(before, &after, trait);
  EXPECT_THAT(trait.deletes, ElementsAre(store::ReportKey(kCron)));
  DropReports(before, nullptr, all);
  EXPECT_THAT(all.deletes, ElementsAre(store::ReportKey(kWorkload), store::ReportKey(kCron)));
}

}  // namespace
}  // namespace weft::scheduler
