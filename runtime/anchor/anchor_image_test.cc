#include "runtime/anchor/anchor_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/fake_engine.h"

namespace weft::anchor {
namespace {

// Two files that are always there; the fake engine runs neither.
constexpr char kProgram[] = WEFT_SOURCE_DIR "/README.md";
constexpr char kOtherProgram[] = WEFT_SOURCE_DIR "/LICENSE";

TEST(EnsureAnchorImage, ImportsAProgramOnce) {
  engine::FakeEngine engine;
  const auto first = EnsureAnchorImage(engine, kProgram);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(*first, ::testing::MatchesRegex("weft/anchor:[0-9a-f]+"));
  EXPECT_EQ(*EnsureAnchorImage(engine, kProgram), *first);
  EXPECT_EQ(engine.ListImages()->size(), 1u);
}

TEST(EnsureAnchorImage, NamesAnotherImageForAnotherProgram) {
  engine::FakeEngine engine;
  const auto first = EnsureAnchorImage(engine, kProgram);
  EXPECT_NE(*EnsureAnchorImage(engine, kOtherProgram), *first);
}

TEST(EnsureAnchorImage, SaysWhichProgramIsMissing) {
  engine::FakeEngine engine;
  const auto missing = EnsureAnchorImage(engine, "/nonexistent/weft-anchor");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()),
              ::testing::HasSubstr("/nonexistent/weft-anchor"));
}

}  // namespace
}  // namespace weft::anchor
