#include "core/model/golden.h"

#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/model/testing.h"

namespace weft::model {
namespace {

using testing::Ge;

std::vector<GoldenCase> GoldenCases() {
  std::vector<std::string> paths;
  const auto folder = std::filesystem::path(WEFT_SOURCE_DIR) / "tests" / "testdata" / "model";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<GoldenCase> cases;
  for (const std::string& path : paths) {
    for (GoldenCase& c : ReadGoldenFile(path)) cases.push_back(std::move(c));
  }
  return cases;
}

TEST(Golden, EveryCaseGivesExactlyWhatWasReviewed) {
  size_t accepted = 0;
  size_t refused = 0;
  for (const GoldenCase& c : GoldenCases()) {
    SCOPED_TRACE(c.name);
    const Decoded decoded = DecodeText(c.text);
    EXPECT_EQ(Golden(decoded), c.expected) << Full(decoded.diagnostics);
    (HasError(decoded.diagnostics) ? refused : accepted) += 1;
  }
  EXPECT_THAT(accepted, Ge(60u));
  EXPECT_THAT(refused, Ge(150u));
}

// What a revision is of says all that the document says.
TEST(Golden, TheCanonicalTextOfEveryCaseDecodesToTheSame) {
  for (const GoldenCase& c : GoldenCases()) {
    SCOPED_TRACE(c.name);
    for (const Document& document : DecodeText(c.text).documents) {
      const Decoded again = DecodeText(document.canonical);
      const Decoded alone{{document}, {}};
      EXPECT_EQ(Golden(again), Golden(alone)) << document.canonical;
      ASSERT_EQ(again.documents.size(), 1u);
      EXPECT_EQ(again.documents[0].canonical, document.canonical);
    }
  }
}

}  // namespace
}  // namespace weft::model
