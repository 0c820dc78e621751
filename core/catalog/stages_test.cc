#include "core/catalog/stages.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace weft::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Type MakeTrait(std::string name, std::vector<std::string> after = {}) {
  Type type;
  type.kind = TypeKind::kTrait;
  type.name = std::move(name);
  type.after = std::move(after);
  return type;
}

std::vector<const Type*> Pointers(const std::vector<Type>& types) {
  std::vector<const Type*> pointers;
  pointers.reserve(types.size());
  for (const Type& type : types) pointers.push_back(&type);
  return pointers;
}

std::vector<int> Of(const std::vector<Type>& types) {
  const Stages stages = StagesOf(Pointers(types));
  EXPECT_THAT(stages.cycle, IsEmpty());
  return stages.of;
}

// The cycle as text; empty: none.
std::string CycleOf(const std::vector<Type>& types) {
  const std::vector<const Type*> traits = Pointers(types);
  const Stages stages = StagesOf(traits);
  return stages.cycle.empty() ? "" : CycleText(traits, stages.cycle);
}

TEST(Stages, TraitsThatSayNothingStandInTheFirst) {
  EXPECT_THAT(Of({}), IsEmpty());
  EXPECT_THAT(Of({MakeTrait("a"), MakeTrait("b")}), ElementsAre(1, 1));
}

TEST(Stages, ATraitComesRightAfterAllThatItNames) {
  EXPECT_THAT(Of({MakeTrait("d", {"b", "c"}), MakeTrait("c", {"b"}), MakeTrait("b", {"a"}),
                  MakeTrait("a"), MakeTrait("e", {"a"})}),
              ElementsAre(4, 3, 2, 1, 2));
}

TEST(Stages, WhatIsNamedAndNotThereCountsForNothing) {
  EXPECT_THAT(Of({MakeTrait("a", {"nobody"}), MakeTrait("b", {"nobody", "a"})}), ElementsAre(1, 2));
}

TEST(Stages, AStarComesAfterAllThatHaveNone) {
  EXPECT_THAT(Of({MakeTrait("last", {"*"}), MakeTrait("a"), MakeTrait("b", {"a"}),
                  MakeTrait("other", {"*"})}),
              ElementsAre(3, 1, 2, 3));
  EXPECT_THAT(Of({MakeTrait("last", {"*"})}), ElementsAre(1));
}

TEST(Stages, OneWithAStarMayComeAfterOthersWithOne) {
  EXPECT_THAT(Of({MakeTrait("very-last", {"*", "last"}), MakeTrait("last", {"*"}), MakeTrait("a")}),
              ElementsAre(3, 2, 1));
}

TEST(Stages, FindsWhatComesAfterEachOther) {
  EXPECT_EQ(CycleOf({MakeTrait("a", {"a"})}), "a after a");
  EXPECT_EQ(CycleOf({MakeTrait("x", {"a"}), MakeTrait("a", {"c"}), MakeTrait("b", {"a"}),
                     MakeTrait("c", {"b"}), MakeTrait("free")}),
            "a after c after b after a");
  // It comes after all without a star, and one of them comes after it.
  EXPECT_EQ(CycleOf({MakeTrait("last", {"*"}), MakeTrait("a", {"last"})}),
            "last after a after last");
}

TEST(Stages, ALongChainIsOrderedToo) {
  constexpr int kLength = 20'000;
  std::vector<Type> types;
  types.reserve(kLength);
  for (int i = 0; i < kLength; ++i)
    types.push_back(MakeTrait(std::to_string(i), {std::to_string(i + 1)}));
  EXPECT_EQ(Of(types)[0], kLength);
  types.back().after = {"0"};
  EXPECT_EQ(StagesOf(Pointers(types)).cycle.size(), static_cast<size_t>(kLength));
}

TEST(Stages, DoNotDependOnTheOrderInWhichTraitsAreGiven) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Type> types;
    for (int i = 0; i < 8; ++i) {
      types.push_back(MakeTrait(std::to_string(i)));
      for (int before = 0; before < i; ++before) {
        if (random() % 4 == 0) types.back().after.push_back(std::to_string(before));
      }
      if (i > 5) types.back().after.emplace_back("*");
    }
    std::map<std::string, int> stage;
    for (size_t i = 0; i < types.size(); ++i) stage[types[i].name] = Of(types)[i];
    for (const Type& type : types) {
      for (const std::string& before : type.after) {
        if (before != "*") {
          EXPECT_LT(stage[before], stage[type.name]);
        }
      }
    }
    std::ranges::shuffle(types, random);
    const std::vector<int> again = Of(types);
    for (size_t i = 0; i < types.size(); ++i) EXPECT_EQ(again[i], stage[types[i].name]);
  }
}

}  // namespace
}  // namespace weft::catalog
