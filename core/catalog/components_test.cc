#include "core/catalog/components.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>

#include "core/model/decode.h"
#include "core/store/keys.h"
#include "core/store/memory_store.h"

namespace weft::catalog {
namespace {

using testing::ElementsAre;

model::Document Component(const std::string& image) {
  model::Decoded decoded = model::Decode({{"c.yaml", R"(
apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata: {name: web}
spec:
  workloadType: core.oam.dev/v1alpha1.Server
  containers: [{name: main, image: ")" + image + R"("}]
)"}},
                                         "default");
  EXPECT_EQ(decoded.documents.size(), 1u);
  return decoded.documents.at(0);
}

TEST(Components, AChangeIsANewRevisionAndTheOldOneStays) {
  store::MemoryStore store;
  EXPECT_EQ(LatestRevision(store, "default", "web").status().code(), absl::StatusCode::kNotFound);
  store::Transaction first;
  const auto one = PutRevision(Component("a"), nullptr, 1000, first);
  ASSERT_TRUE(store.Commit(first).ok());
  store::Transaction second;
  PutRevision(Component("b"), &one, 2000, second);
  ASSERT_TRUE(store.Commit(second).ok());

  const auto latest = LatestRevision(store, "default", "web");
  ASSERT_TRUE(latest.ok()) << latest.status();
  EXPECT_EQ(latest->revision(), 2);
  EXPECT_EQ(ReadRevision(*latest)->containers[0].image, "b");
  store::v1::ComponentRecord old;
  ASSERT_TRUE(old.ParseFromString(*store.Get(store::RevisionKey("default", "web", 1))));
  EXPECT_EQ(ReadRevision(old)->containers[0].image, "a");
  EXPECT_THAT(*ComponentNames(store, "default"), ElementsAre("web"));
  EXPECT_THAT(*ComponentNames(store, "other"), ElementsAre());
}

TEST(Components, KeepsItsLatestRevisions) {
  store::MemoryStore store;
  std::optional<store::v1::ComponentRecord> latest;
  for (int64_t revision = 1; revision <= kKeptRevisions + 3; ++revision) {
    store::Transaction next;
    latest = PutRevision(Component(std::to_string(revision)),
                         latest.has_value() ? &*latest : nullptr, 1000, next);
    ASSERT_TRUE(store.Commit(next).ok());
  }
  const auto kept = store.List("revision/", "", 1000);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(static_cast<int64_t>(kept->size()), kKeptRevisions);
  EXPECT_FALSE(store.Get(store::RevisionKey("default", "web", 3)).ok());
  EXPECT_TRUE(store.Get(store::RevisionKey("default", "web", 4)).ok());
  EXPECT_EQ(LatestRevision(store, "default", "web")->revision(), kKeptRevisions + 3);
}

TEST(Components, TwoWritersOfTheSameRevisionCannotBothWin) {
  store::MemoryStore store;
  store::Transaction a, b;
  PutRevision(Component("a"), nullptr, 1000, a);
  PutRevision(Component("b"), nullptr, 1000, b);
  EXPECT_TRUE(store.Commit(a).ok());
  EXPECT_EQ(store.Commit(b).code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace weft::catalog
