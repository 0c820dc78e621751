// That time grows with what is written, not faster.
#include <algorithm>
#include <ctime>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using testing::IsEmpty;

constexpr size_t kOnce = 1000;
constexpr size_t kMany = 10 * kOnce;
// Of ten times as much: about 11 is expected, 100 is quadratic.
constexpr double kMostTimes = 40;

double CpuSeconds(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void ExpectNotQuadratic(const std::function<void(size_t)>& work) {
  work(kOnce);  // Warms up.
  const double once = std::min(CpuSeconds([&] { work(kOnce); }), CpuSeconds([&] { work(kOnce); }));
  const double many = CpuSeconds([&] { work(kMany); });
  EXPECT_LT(many, kMostTimes * std::max(once, 0.001)) << kOnce << " took " << once << " s";
}

json::array Env(size_t n, const std::string& value) {
  json::array env;
  for (size_t i = 0; i < n; ++i) {
    env.push_back(json::object{{"name", absl::StrCat("E", i)}, {"value", value}});
  }
  return env;
}

const char kMain[] = "/spec/template/spec/containers[name=main]";

TEST(Scale, OfAListThatTwoOwnersWrite) {
  ExpectNotQuadratic([](size_t n) {
    const std::string env = absl::StrCat(kMain, "/env");
    const Merged merged = MergeWeb({{{"d/app/web", {{kDeployment, env, Env(n, "1")}}, Creates()}},
                                    {{"a", {{kDeployment, env, Env(n, "2")}}, Overrides()},
                                     {"b", {{kDeployment, env, Env(2 * n, "2")}}, Overrides()}}});
    ASSERT_THAT(ProblemsOf(merged), IsEmpty());
    EXPECT_EQ(merged.objects[0].leaves.size(), 1 + 4 * n);
  });
}

TEST(Scale, OfManyPartsForOneObject) {
  ExpectNotQuadratic([](size_t n) {
    Contribution base{"d/app/web", {}, Creates()};
    for (size_t i = 0; i < n; ++i) {
      base.parts.push_back({kDeployment, absl::StrCat(kMain, "/env[name=E", i, "]/value"), "1"});
    }
    const Merged merged = MergeWeb({{base}});
    ASSERT_THAT(ProblemsOf(merged), IsEmpty());
    EXPECT_EQ(merged.objects[0].leaves.size(), 1 + 2 * n);
  });
}

TEST(Scale, OfManyObjects) {
  ExpectNotQuadratic([](size_t n) {
    Contribution base{"d/app/web", {}, Creates()};
    Contribution trait{"t", {}, {{"v1", "Service", "", catalog::WriteMode::kAdd}}};
    for (size_t i = 0; i < n; ++i) {
      const ObjectRef object = {"v1", "Service", "", absl::StrCat("s", i)};
      base.parts.push_back({object, "/spec/a", 1});
      trait.parts.push_back({object, "/spec/b", 2});
    }
    const Merged merged = MergeWeb({{base}, {trait}});
    EXPECT_EQ(merged.objects.size(), n);
  });
}

TEST(Scale, OfPermissions) {
  ExpectNotQuadratic([](size_t n) {
    Contribution trait{"t", {}, {}};
    json::object data;
    for (size_t i = 0; i < n; ++i) {
      data[absl::StrCat("k", i)] = 1;
      trait.writes.push_back(Adds(absl::StrCat("/spec/k", i))[0]);
    }
    trait.parts.push_back({kDeployment, "/spec", std::move(data)});
    EXPECT_THAT(ProblemsOf(MergeWeb({{Base("{}")}, {trait}})), IsEmpty());
  });
}

TEST(Scale, OfConflicts) {
  ExpectNotQuadratic([](size_t n) {
    const std::string env = absl::StrCat(kMain, "/env");
    const Merged merged = MergeWeb({{{"d/app/web", {{kDeployment, env, Env(n, "1")}}, Creates()}},
                                    {{"a", {{kDeployment, env, Env(n, "2")}}, Adds()}}});
    EXPECT_EQ(merged.problems.size(), n);
  });
}

TEST(Scale, OfRemovals) {
  ExpectNotQuadratic([](size_t n) {
    Contribution trait{"t", {}, {{"*", "*", "", catalog::WriteMode::kRemove}}};
    for (size_t i = 0; i < n; ++i) {
      trait.parts.push_back({.object = kDeployment,
                             .pointer = absl::StrCat(kMain, "/env[name=E", i, "]"),
                             .operation = Operation::kRemove});
    }
    const Merged merged = MergeWeb(
        {{{"d/app/web", {{kDeployment, absl::StrCat(kMain, "/env"), Env(n, "1")}}, Creates()}},
         {trait}});
    ASSERT_THAT(ProblemsOf(merged), IsEmpty());
    EXPECT_EQ(merged.objects[0].leaves.size(), 1);
  });
}

TEST(Scale, OfReplacementsOfOnePlace) {
  ExpectNotQuadratic([](size_t n) {
    const std::string probe = absl::StrCat(kMain, "/readinessProbe");
    Contribution trait{"t", {}, Overrides()};
    trait.writes.push_back({"*", "*", "", catalog::WriteMode::kRemove});
    for (size_t i = 0; i < n; ++i) {
      trait.parts.push_back({.object = kDeployment,
                             .pointer = probe + "/exec",
                             .value = json::object{{"command", "x"}},
                             .operation = Operation::kReplace});
    }
    const Merged merged = MergeWeb(
        {{{"d/app/web", {{kDeployment, probe + "/httpGet/port", 80}}, Creates()}}, {trait}});
    ASSERT_THAT(ProblemsOf(merged), IsEmpty());
    EXPECT_EQ(merged.objects[0].leaves.size(), 2);
  });
}

TEST(Scale, LongNamesAboveManyLeavesAreRefused) {
  json::object leaves;
  for (int i = 0; i < 20000; ++i) leaves[absl::StrCat(i)] = 1;
  const std::string name(10000, 'x');
  const Merged merged =
      MergeWeb({{{"d/app/web",
                  {{kDeployment, "/spec", json::object{{name, std::move(leaves)}}}},
                  Creates()}}});
  ASSERT_EQ(merged.problems.size(), 1u);
  EXPECT_EQ(merged.problems[0].code, "BAD_PART");
  EXPECT_THAT(merged.problems[0].message, testing::HasSubstr("too many leaves below names"));
  EXPECT_LT(merged.problems[0].message.size(), 2000u);
}

}  // namespace
}  // namespace weft::merge
