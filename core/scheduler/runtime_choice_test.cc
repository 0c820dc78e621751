#include "core/scheduler/runtime_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/model/testing.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The application "shop" of `ns`, with the annotation in line 6 unless it is empty.
model::Document Application(const std::string& annotation = "", const std::string& ns = "default") {
  const std::string text = absl::StrCat(
      "apiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\nmetadata:\n  name: "
      "shop\n",
      annotation.empty() ? "" : "  annotations:\n    weft.dev/runtime: ", annotation,
      "\nspec:\n  components: []\n");
  return model::Decode({{"shop.yaml", text}}, ns).documents.at(0);
}

store::v1::ApplicationRecord Stored(const std::string& runtime,
                                    const std::string& annotation = "") {
  store::v1::ApplicationRecord record;
  record.set_runtime(runtime);
  record.set_document(Application(annotation).canonical);
  return record;
}

const RuntimeChoice kChoice{.names = {"edge", "kubernetes", "local"},
                            .runtime = "local",
                            .of_namespace = {{"till", "edge"}, {"lost", "gone"}}};

class RuntimeChoiceTest : public testing::Test {
 protected:
  std::string Choose(const model::Document& document,
                     const store::v1::ApplicationRecord* stored = nullptr,
                     const RuntimeChoice& choice = kChoice) {
    found_.clear();
    return ChooseRuntime(document, stored, choice, found_);
  }
  model::Diagnostics found_;
};

TEST_F(RuntimeChoiceTest, TheAnnotationWinsThenTheNamespaceThenTheDefault) {
  EXPECT_EQ(Choose(Application()), "local");
  EXPECT_EQ(Choose(Application("", "till")), "edge");
  EXPECT_EQ(Choose(Application("kubernetes", "till")), "kubernetes");
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(RuntimeChoiceTest, AnUnknownRuntimeIsAnErrorAtTheAnnotationWithTheNearest) {
  Choose(Application("kubernets"));
  EXPECT_THAT(model::Brief(found_),
              ElementsAre("6:23 UNKNOWN_RUNTIME /metadata/annotations/weft.dev~1runtime"));
  EXPECT_EQ(found_[0].message, "there is no runtime \"kubernets\"");
  EXPECT_EQ(found_[0].hint, "write kubernetes");
  Choose(Application("moon"));
  EXPECT_EQ(found_[0].hint, "configured: edge, kubernetes, local");
}

TEST_F(RuntimeChoiceTest, ADefaultThatIsNotConfiguredIsAnErrorAtTheName) {
  Choose(Application("", "lost"));
  EXPECT_THAT(model::Brief(found_), ElementsAre("4:9 UNKNOWN_RUNTIME /metadata/name"));
  EXPECT_THAT(found_[0].message, HasSubstr("of the namespace lost go to, \"gone\", is not"));
  Choose(Application(), nullptr, {.names = {}, .runtime = "local", .of_namespace = {}});
  EXPECT_THAT(found_[0].hint, HasSubstr("configured: none is"));
}

TEST_F(RuntimeChoiceTest, AStoredApplicationStaysWhenTheDefaultMoves) {
  const auto stored = Stored("kubernetes");
  EXPECT_EQ(Choose(Application(), &stored), "kubernetes");
  const auto gone = Stored("gone");
  EXPECT_EQ(Choose(Application(), &gone), "gone");
  const auto old = Stored("");  // Of before there were several.
  EXPECT_EQ(Choose(Application("", "till"), &old), "local");
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(RuntimeChoiceTest, MovingAStoredApplicationIsAnErrorAtTheAnnotation) {
  const auto stored = Stored("local");
  EXPECT_EQ(Choose(Application("kubernetes"), &stored), "local");
  EXPECT_THAT(model::Brief(found_),
              ElementsAre("6:23 RUNTIME_CHANGED /metadata/annotations/weft.dev~1runtime"));
  EXPECT_THAT(found_[0].message, HasSubstr("shop runs on local; moving"));
  EXPECT_EQ(found_[0].hint, "delete it and apply it again: weft -n default delete shop --wait");
  Choose(Application("moon"), &stored);
  EXPECT_EQ(found_[0].code, "UNKNOWN_RUNTIME");
}

TEST_F(RuntimeChoiceTest, TakingTheAnnotationAwayIsAMoveIfTheDefaultIsAnother) {
  const auto elsewhere = Stored("kubernetes", "kubernetes");
  EXPECT_EQ(Choose(Application(), &elsewhere), "kubernetes");
  EXPECT_THAT(model::Brief(found_), ElementsAre("4:9 RUNTIME_CHANGED /metadata/name"));
  EXPECT_THAT(found_[0].message, HasSubstr("without the annotation weft.dev/runtime it would go"));
  const auto here = Stored("local", "local");
  EXPECT_EQ(Choose(Application(), &here), "local");
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(RuntimeChoiceTest, NamingTheRuntimeThatItIsOnIsNoMove) {
  const auto stored = Stored("kubernetes");
  EXPECT_EQ(Choose(Application("kubernetes"), &stored), "kubernetes");
  const auto gone = Stored("gone", "gone");  // Its runtime is not configured any more.
  EXPECT_EQ(Choose(Application("gone"), &gone), "gone");
  EXPECT_THAT(found_, IsEmpty());
}

}  // namespace
}  // namespace weft::scheduler
