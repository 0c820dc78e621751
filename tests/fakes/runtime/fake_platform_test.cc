#include "tests/fakes/runtime/fake_platform.h"

#include <gtest/gtest.h>

namespace weft::fakes {
namespace {

using runtime::v1::AppliedObject;

constexpr char kKey[] = "apps/v1/Deployment/default/web";

AppliedObject Web(uint64_t generation, const std::string& json = R"({"spec":{"replicas":3}})") {
  AppliedObject object;
  common::v1::ObjectRef& ref = *object.mutable_object()->mutable_ref();
  ref.set_api_version("apps/v1");
  ref.set_kind("Deployment");
  ref.set_namespace_("default");
  ref.set_name("web");
  object.mutable_object()->set_json(json);
  object.set_owner("default/shop/web");
  object.set_generation(generation);
  return object;
}

class FakePlatformTest : public testing::Test {
 protected:
  runtime::v1::ApplyOutcome Apply(const AppliedObject& object, bool dry_run = false) {
    runtime::v1::ApplyResponse::Result result;
    platform_.Apply(object, dry_run, result);
    return result.outcome();
  }
  std::vector<runtime::Projection> List() {
    bool complete = false;
    auto list = platform_.board().List(complete);
    EXPECT_TRUE(complete);
    return list;
  }
  json::object Web() { return platform_.Dump().at(kKey).as_object(); }

  FakePlatform platform_{/*keep_objects=*/true};
};

TEST_F(FakePlatformTest, AcceptsWhatIsNewerAndTellsOfItAtOnce) {
  EXPECT_EQ(Apply(fakes::Web(2)), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Apply(fakes::Web(2)), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Apply(fakes::Web(1)), runtime::v1::APPLY_OUTCOME_OUTDATED);
  ASSERT_EQ(List().size(), 1u);
  EXPECT_EQ(List()[0].generation, 2u);
  EXPECT_EQ(json::GetInt(*json::Parse(List()[0].status), {"readyReplicas"}), 3);
  EXPECT_EQ(Web().at("made"), 1);
}

TEST_F(FakePlatformTest, CountsHowOftenAnObjectWasMade) {
  Apply(fakes::Web(1));
  platform_.Delete(fakes::Web(1).object().ref());
  platform_.Delete(fakes::Web(1).object().ref());
  EXPECT_TRUE(List().empty());
  EXPECT_EQ(Web().at("there"), false);
  EXPECT_EQ(Apply(fakes::Web(1)), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Web().at("made"), 2);
  EXPECT_EQ(Web().at("object"), *json::Parse(R"({"spec":{"replicas":3}})"));
}

TEST_F(FakePlatformTest, ADryRunChangesNothing) {
  EXPECT_EQ(Apply(fakes::Web(1), /*dry_run=*/true), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Apply(fakes::Web(1, "{"), /*dry_run=*/true), runtime::v1::APPLY_OUTCOME_REFUSED);
  EXPECT_TRUE(List().empty());
  EXPECT_TRUE(platform_.Dump().empty());
}

TEST_F(FakePlatformTest, ASteeredSizeIsThatOfThePods) {
  AppliedObject object = fakes::Web(1, "{}");
  runtime::v1::SteeredLeaf& leaf = *object.add_steered();
  leaf.set_pointer("/spec/replicas");
  leaf.set_value("7");
  Apply(object);
  EXPECT_EQ(json::GetInt(*json::Parse(List()[0].status), {"replicas"}), 7);
}

}  // namespace
}  // namespace weft::fakes
