#include "runtime/kubernetes/apply_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace weft::kubernetes {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

json::value Json(const std::string& text) { return *json::Parse(text); }

SteeredLeaf Replicas(int value, bool set) {
  return {"/spec/replicas", *ParsePointer("/spec/replicas"), value, set};
}

AppliedObject Wanted(std::vector<SteeredLeaf> steered = {}, uint64_t generation = 5) {
  AppliedObject wanted;
  wanted.ref = {"apps/v1", "Deployment", "d", "web"};
  wanted.object = Json(R"({"spec":{"paused":false}})");
  wanted.owner = "d/a/web";
  wanted.generation = generation;
  wanted.steered = std::move(steered);
  return wanted;
}

// The object as the API server has it: `replicas` (negative: none), and the fields of `spec` that
// each of our managers owns, as fieldsV1 members.
json::value Live(int replicas, const std::string& own, const std::string& steered,
                 const std::string& others = "") {
  const auto entry = [](const std::string& manager, const std::string& operation,
                        const std::string& fields, const std::string& metadata) {
    return absl::StrCat(R"({"manager":")", manager, R"(","operation":")", operation,
                        R"(","fieldsV1":{)", metadata, R"("f:spec":{)", fields, "}}}");
  };
  std::string managed = entry("weft", "Apply", own,
                              R"("f:metadata":{"f:annotations":{"f:weft.dev/generation":{}}},)");
  if (!steered.empty()) absl::StrAppend(&managed, ",", entry("weft-steer", "Apply", steered, ""));
  if (!others.empty()) absl::StrAppend(&managed, ",", entry("hpa", "Update", others, ""));
  return Json(absl::StrCat(
      R"({"metadata":{"uid":"u","resourceVersion":"9","annotations":{"weft.dev/generation":"5"},)",
      R"("managedFields":[)", managed, R"(]},"spec":{"paused":false)",
      replicas < 0 ? "" : absl::StrCat(R"(,"replicas":)", replicas), "}}"));
}

constexpr char kReplicas[] = R"("f:replicas":{})";
constexpr char kPaused[] = R"("f:paused":{})";
constexpr char kBoth[] = R"("f:paused":{},"f:replicas":{})";

// "MANAGER SPEC" of the step, or "none".
std::string Told(const std::optional<ApplyStep>& step) {
  if (!step.has_value()) return "none";
  const json::value* spec = json::Find(step->body, "spec");
  return absl::StrCat(step->manager, " ", spec == nullptr ? "{}" : json::Canonical(*spec));
}

constexpr AppliedSoFar kNothing{}, kOwnDone{.own = true};

TEST(ApplyStep, MakesAnObjectWithItsSeedsUnlessItIsThere) {
  const auto step = NextStep(Wanted({Replicas(3, false)}), nullptr, kNothing);
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(json::Canonical(step->body),
            R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":)"
            R"({"weft.dev/generation":"5","weft.dev/owner":"d/a/web"},"name":"web",)"
            R"("namespace":"d","resourceVersion":"1"},"spec":{"paused":false,"replicas":3}})");
  EXPECT_STREQ(step->manager, "weft");
  // Then the seed becomes weft-steer's.
  EXPECT_EQ(Told(NextStep(Wanted({Replicas(3, false)}), Live(3, kBoth, ""), kOwnDone)),
            R"(weft-steer {"replicas":3})");
  EXPECT_EQ(Told(NextStep(Wanted({Replicas(3, false)}), Live(3, kBoth, kReplicas), kOwnDone)),
            "none");
}

TEST(ApplyStep, LeavesAGenerationThatWasAcceptedAsItIs) {
  EXPECT_EQ(Told(NextStep(Wanted(), Live(-1, kPaused, ""), kNothing)), "none");
  EXPECT_EQ(Told(NextStep(Wanted({}, 6), Live(-1, kPaused, ""), kNothing)),
            R"(weft {"paused":false})");
  AppliedObject again = Wanted();
  again.correct = true;
  EXPECT_EQ(Told(NextStep(again, Live(-1, kPaused, ""), kNothing)), R"(weft {"paused":false})");
}

TEST(ApplyStep, HandsAStaticLeafOverAtTheValueThatItHas) {
  const AppliedObject wanted = Wanted({Replicas(1, false)}, 6);
  const auto first = NextStep(wanted, Live(5, kBoth, ""), kNothing);
  EXPECT_EQ(Told(first), R"(weft-steer {"replicas":5})");
  // Not if it changed since it was read.
  EXPECT_EQ(json::GetString(first->body, {"metadata", "resourceVersion"}), "9");
  EXPECT_EQ(json::GetString(first->body, {"metadata", "uid"}), "u");
  EXPECT_EQ(Told(NextStep(wanted, Live(5, kBoth, kReplicas), kNothing)),
            R"(weft {"paused":false})");
}

TEST(ApplyStep, HandsASteeredLeafBackBeforeItIsGivenUp) {
  AppliedObject wanted = Wanted({}, 6);
  wanted.object = Json(R"({"spec":{"replicas":2}})");
  EXPECT_EQ(Told(NextStep(wanted, Live(5, kPaused, kReplicas), kNothing)),
            R"(weft {"replicas":2})");
  EXPECT_EQ(Told(NextStep(wanted, Live(2, kReplicas, kReplicas), kOwnDone)), "weft-steer {}");
  // Also when the process died in between.
  wanted.generation = 5;
  EXPECT_EQ(Told(NextStep(wanted, Live(2, kReplicas, kReplicas), kNothing)), "weft-steer {}");
}

TEST(ApplyStep, SetsALeafThatIsSteeredAndKeepsOneThatIsOnlySeeded) {
  EXPECT_EQ(Told(NextStep(Wanted({Replicas(4, true)}), Live(2, kPaused, kReplicas), kNothing)),
            R"(weft-steer {"replicas":4})");
  EXPECT_EQ(Told(NextStep(Wanted({Replicas(4, true)}), Live(4, kPaused, kReplicas), kNothing)),
            "none");
  EXPECT_EQ(Told(NextStep(Wanted({Replicas(4, false)}), Live(2, kPaused, kReplicas), kNothing)),
            "none");
}

TEST(ApplyStep, DoesNotSetTwiceWhatTheServerWritesInAnotherWay) {
  EXPECT_EQ(Told(NextStep(Wanted({Replicas(4, true)}), Live(2, kPaused, kReplicas),
                          {.own = true, .steered = true})),
            "none");
}

TEST(ApplyStep, LeavesALeafToTheAutoscalerThatTookIt) {
  const AppliedObject wanted = Wanted({Replicas(1, false)}, 6);
  EXPECT_EQ(Told(NextStep(wanted, Live(7, kPaused, "", kReplicas), kNothing)),
            R"(weft {"paused":false})");
  EXPECT_EQ(Told(NextStep(wanted, Live(7, kPaused, "", kReplicas), kOwnDone)), "none");
}

TEST(ApplyStep, HandsAListElementOverWithTheKeyThatNamesIt) {
  const auto live = [](const std::string& own, const std::string& steered) {
    const std::string ports = R"("f:ports":{"k:{\"port\":80}":{".":{},"f:port":{}}})";
    json::value object = Live(-1, own + ports, steered.empty() ? "" : ports);
    object.at("spec").get_object()["ports"] = Json(R"([{"port":80}])");
    return object;
  };
  const std::string pointer = "/spec/ports[port=80]/port";
  const AppliedObject wanted = Wanted({{pointer, *ParsePointer(pointer), 80, false}}, 6);
  EXPECT_EQ(Told(NextStep(wanted, live("", ""), kNothing)),
            R"(weft-steer {"ports":[{"port":80}]})");
  EXPECT_EQ(Told(NextStep(wanted, live("", "yes"), kNothing)), R"(weft {"paused":false})");
  // And gives it up again.
  EXPECT_EQ(Told(NextStep(Wanted({}, 6), live("", "yes"), kOwnDone)), "weft-steer {}");
}

TEST(ApplyStep, SeedsALeafThatAStandingObjectLacks) {
  const AppliedObject wanted = Wanted({Replicas(3, false)}, 6);
  EXPECT_EQ(Told(NextStep(wanted, Live(-1, kPaused, ""), kNothing)),
            R"(weft {"paused":false,"replicas":3})");
}

TEST(Corrections, AreLeavesThatSomebodyElseChangedOrRemoved) {
  AppliedObject wanted = Wanted();
  wanted.correct = true;
  const json::value after = Live(3, kBoth, "");
  EXPECT_THAT(Corrections(wanted, Live(9, kPaused, "", kReplicas), after),
              ElementsAre(Correction{"/spec/replicas", "hpa"}));
  EXPECT_THAT(Corrections(wanted, Live(-1, kPaused, ""), after),
              ElementsAre(Correction{"/spec/replicas", ""}));
  EXPECT_THAT(Corrections(wanted, Live(3, kPaused, "", kReplicas), after), IsEmpty());
  EXPECT_THAT(Corrections(wanted, nullptr, after), IsEmpty());
}

TEST(Corrections, AreNotWhatWeChangedOurselves) {
  AppliedObject wanted = Wanted({}, 6);
  wanted.correct = true;
  EXPECT_THAT(Corrections(wanted, Live(-1, kPaused, ""), Live(3, kBoth, "")), IsEmpty());
}

}  // namespace
}  // namespace weft::kubernetes
