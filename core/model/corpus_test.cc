#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/model/testing.h"

// Documents that others published; they stand beside the checkout or are not there at all.
namespace weft::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::filesystem::path kCorpus =
    std::filesystem::path(WEFT_SOURCE_DIR) / ".." / "shared" / "corpus" / "rudr";

class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(kCorpus)) GTEST_SKIP() << "no corpus at " << kCorpus;
  }
};

TEST_F(Corpus, EveryDocumentButTheMalformedOneDecodesWithNothingToSay) {
  size_t documents = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    const std::string file = entry.path().filename();
    if (file == "multi-component.yaml") continue;
    const Decoded decoded = DecodeText(ReadFile(entry.path()), file);
    EXPECT_THAT(decoded.diagnostics, IsEmpty()) << file << "\n" << Full(decoded.diagnostics);
    documents += decoded.documents.size();
  }
  EXPECT_EQ(documents, 21u);
}

TEST_F(Corpus, TheMalformedOneHasOneErrorAtTheKeyWithTheWayOut) {
  const Decoded decoded =
      DecodeText(ReadFile(kCorpus / "multi-component.yaml"), "multi-component.yaml");
  EXPECT_THAT(decoded.documents, IsEmpty());
  ASSERT_THAT(
      Brief(decoded.diagnostics),
      ElementsAre("16:11 TRAIT_PARAMETER_VALUES /spec/components/0/traits/0/parameterValues"));
  EXPECT_EQ(decoded.diagnostics[0].hint, "write \"properties\"");
  EXPECT_EQ(decoded.diagnostics[0].document, "multi-component.yaml");
}

}  // namespace
}  // namespace weft::model
