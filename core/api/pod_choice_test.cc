#include "core/api/pod_choice.h"

#include <gtest/gtest.h>

namespace weft::api {
namespace {

// Two instances: front with two pods, back with one, idle with none.
core::v1::Application Shop() {
  core::v1::Application application;
  application.set_name("shop");
  core::v1::ComponentStatus* front = application.add_components();
  front->set_instance_name("front");
  front->add_pods()->set_name("front-1");
  front->add_pods()->set_name("front-2");
  core::v1::ComponentStatus* back = application.add_components();
  back->set_instance_name("back");
  back->add_pods()->set_name("back-1");
  application.add_components()->set_instance_name("idle");
  return application;
}

TEST(ChoosePod, FindsTheOneThatIsMeant) {
  const struct {
    const char* instance;
    const char* pod;
    const char* expected;  // The pod, or what the error says.
    absl::StatusCode code;
  } kCases[] = {
      {"back", "", "back-1", absl::StatusCode::kOk},
      {"front", "front-2", "front-2", absl::StatusCode::kOk},
      {"", "front-2", "front-2", absl::StatusCode::kOk},
      {"", "back-1", "back-1", absl::StatusCode::kOk},
      {"front", "", "several pods, name one with --pod: front-1, front-2",
       absl::StatusCode::kFailedPrecondition},
      {"", "", "several pods, name one with --pod: front-1, front-2, back-1",
       absl::StatusCode::kFailedPrecondition},
      {"idle", "", "it has no pod", absl::StatusCode::kNotFound},
      {"front", "back-1", "it has no pod back-1", absl::StatusCode::kNotFound},
      {"", "other-1", "it has no pod other-1", absl::StatusCode::kNotFound},
      {"other", "", "the application shop has no instance other", absl::StatusCode::kNotFound},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(std::string(c.instance) + " " + c.pod);
    const absl::StatusOr<std::string> pod =
        ChoosePod(Shop(), {.instance = c.instance, .pod = c.pod});
    EXPECT_EQ(pod.status().code(), c.code);
    EXPECT_EQ(pod.ok() ? *pod : std::string(pod.status().message()), c.expected);
  }
}

TEST(ChoosePod, PassesOverWhatIsAboutToEndUnlessItIsNamedOrAlone) {
  core::v1::Application shop = Shop();
  shop.mutable_components(0)->mutable_pods(0)->set_deleting(true);
  EXPECT_EQ(*ChoosePod(shop, {.instance = "front", .pod = ""}), "front-2");
  EXPECT_EQ(*ChoosePod(shop, {.instance = "front", .pod = "front-1"}), "front-1");
  shop.mutable_components(0)->mutable_pods()->DeleteSubrange(1, 1);
  EXPECT_EQ(*ChoosePod(shop, {.instance = "front", .pod = ""}), "front-1");
}

TEST(ChoosePod, OfSeveralOfOneInstanceOneThatIsReadyIsTaken) {
  core::v1::Application shop = Shop();
  const auto any = [&](const char* instance, const char* pod) {
    return ChoosePod(shop, {.instance = instance, .pod = pod, .any = true});
  };
  EXPECT_EQ(*any("front", ""), "front-1");
  shop.mutable_components(0)->mutable_pods(1)->set_ready(true);
  EXPECT_EQ(*any("front", ""), "front-2");
  EXPECT_EQ(*any("back", ""), "back-1");
  EXPECT_EQ(*any("", "front-1"), "front-1");
  EXPECT_EQ(any("", "").status(), absl::FailedPreconditionError(
                                      "several instances, name one with --instance: front, back"));
}

TEST(ChoosePod, TheOnlyPodNeedsNoName) {
  core::v1::Application application;
  application.add_components()->add_pods()->set_name("front-1");
  EXPECT_EQ(*ChoosePod(application, {}), "front-1");
}

}  // namespace
}  // namespace weft::api
