#include "core/catalog/decoded_revisions.h"

#include <gtest/gtest.h>
#include <string>

#include "absl/strings/str_cat.h"

namespace weft::catalog {
namespace {

store::v1::ComponentRecord Revision(int64_t revision, const std::string& image) {
  store::v1::ComponentRecord record;
  record.set_name_space("default");
  record.set_name("web");
  record.set_revision(revision);
  record.set_document(absl::StrCat(
      R"({"apiVersion":"core.oam.dev/v1alpha1","kind":"ComponentSchematic","metadata":{"name":"web"},)",
      R"("spec":{"containers":[{"image":")", image,
      R"(","name":"main"}],"workloadType":"core.oam.dev/v1alpha1.Server"}})"));
  return record;
}

TEST(DecodedRevisions, AreDecodedOnceEach) {
  DecodedRevisions revisions;
  const auto first = revisions.Read(Revision(1, "a"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->containers[0].image, "a");
  EXPECT_EQ(*revisions.Read(Revision(1, "a")), *first) << "the same object";
  EXPECT_EQ((*revisions.Read(Revision(2, "b")))->containers[0].image, "b");
  EXPECT_EQ(*revisions.Read(Revision(1, "a")), *first);
}

TEST(DecodedRevisions, AComponentThatWasMadeAgainIsNotMistaken) {
  DecodedRevisions revisions;
  EXPECT_EQ((*revisions.Read(Revision(1, "a")))->containers[0].image, "a");
  EXPECT_EQ((*revisions.Read(Revision(1, "b")))->containers[0].image, "b");
}

TEST(DecodedRevisions, WhatWasNotUsedForLongestGoes) {
  const size_t size = Revision(1, "a").document().size();
  DecodedRevisions revisions(4 * size + 2);
  const auto first = revisions.Read(Revision(1, "a"));
  const auto second = revisions.Read(Revision(2, "b"));
  for (int i = 3; i <= 20; ++i) {
    ASSERT_TRUE(revisions.Read(Revision(i, "c")).ok());
    EXPECT_EQ(*revisions.Read(Revision(1, "a")), *first) << "in use";
  }
  EXPECT_NE(*revisions.Read(Revision(2, "b")), *second) << "decoded anew";
}

TEST(DecodedRevisions, WhatCannotBeReadIsAnErrorEachTime) {
  DecodedRevisions revisions;
  store::v1::ComponentRecord broken = Revision(1, "a");
  broken.set_document("{}");
  EXPECT_TRUE(absl::IsDataLoss(revisions.Read(broken).status()));
  EXPECT_TRUE(absl::IsDataLoss(revisions.Read(broken).status()));
}

}  // namespace
}  // namespace weft::catalog
