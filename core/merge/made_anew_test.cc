#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A contribution with one part that asks that its object be made anew where it cannot be changed.
Contribution Anew(const std::string& owner, const ObjectRef& object,
                  std::vector<catalog::Write> writes = Creates()) {
  return {owner,
          {{.object = object, .pointer = "", .value = Json("{}"), .replace_if_immutable = true}},
          std::move(writes)};
}

TEST(MadeAnew, IsAnObjectWhoseMakerSaysSo) {
  const Merged merged = MergeWeb({{Anew("d/app/web", kDeployment)},
                                  {Trait("t", "/spec/replicas", "1"),
                                   Anew("u", kService),
                                   {"v", {{kService, "", Json("{}")}}, Creates()}}});
  ASSERT_EQ(merged.objects.size(), 2u) << testing::PrintToString(ProblemsOf(merged));
  EXPECT_TRUE(merged.objects[0].replace);
  EXPECT_TRUE(merged.objects[1].replace);
  EXPECT_FALSE(MergeWeb({{Base("{}")}}).objects.at(0).replace);
}

TEST(MadeAnew, IsNoObjectOfSomebodyElse) {
  for (const auto& writes : {Overrides(), Creates()}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{Base("{}")}, {Anew("t", kDeployment, writes)}})),
                ElementsAre("NOT_PERMITTED t: Deployment/web: that it is made anew where it cannot "
                            "be changed is said by who creates it, not by t"));
  }
}

TEST(MadeAnew, IsNoVolumeClaim) {
  for (const char* kind : {"PersistentVolumeClaim", "Other"}) {
    const Merged merged = MergeWeb({{Anew("d/app/web", {"v1", kind, "", "data"},
                                          {{"v1", kind, "", catalog::WriteMode::kCreate}})}});
    EXPECT_THAT(ProblemsOf(merged), kind == std::string("Other")
                                        ? testing::Matcher<std::vector<std::string>>(IsEmpty())
                                        : ElementsAre(HasSubstr("BAD_PART d/app/web: "
                                                                "PersistentVolumeClaim/data")));
  }
}

}  // namespace
}  // namespace weft::merge
