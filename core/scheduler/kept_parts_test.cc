#include "core/scheduler/kept_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/records.h"
#include "core/scheduler/requests.h"
#include "core/store/keys.h"
#include "core/store/memory_store.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kWeb[] = "default/shop/front";
constexpr char kTrait[] = "default/shop/front/extras#0";
constexpr char kPod[] = "/spec/template/spec";

json::value Json(const std::string& text) { return json::Parse(text).value(); }

// An application of one workload with the trait "extras", whose type may do without an answer.
resolve::Application MakeApplication() {
  resolve::TraitInstance trait;
  trait.key = kTrait;
  trait.type.name = "extras";
  trait.type.kind = catalog::TypeKind::kTrait;
  trait.type.optional = true;
  trait.type.writes = {{"*", "*", "", catalog::WriteMode::kOverride},
                       {"*", "*", "+scale", catalog::WriteMode::kSteer},
                       {"v1", "ConfigMap", "", catalog::WriteMode::kCreate}};
  resolve::WorkloadInstance front;
  front.key = kWeb;
  front.name = "front";
  front.type.shape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"};
  front.type.writes = {{"apps/v1", "Deployment", "", catalog::WriteMode::kCreate}};
  front.traits = {trait};
  return {"default", "shop", {front}};
}

const merge::ObjectRef kDeployment = {"apps/v1", "Deployment", "", "front"};
const merge::ObjectRef kConfigMap = {"v1", "ConfigMap", "", "front-extras"};

merge::Contribution WorkloadPart(const resolve::Application& application,
                                 const std::string& image) {
  const json::value value = Json(
      absl::StrCat(R"({"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"main",)",
                   R"("image":")", image, R"("}]}}}})"));
  return {kWeb, {{kDeployment, "", value}}, application.instances[0].type.writes};
}

// It changes the image, adds variables and a container, out of the order of their names, makes an
// object and steers the replicas.
merge::Contribution TraitPart(const resolve::Application& application) {
  const std::string main = absl::StrCat(kPod, "/containers[name=main]");
  return {
      kTrait,
      {{kDeployment, absl::StrCat(main, "/env"),
        Json(R"([{"name":"Z","value":"1"},{"name":"A","value":"2"},{"name":"M~/=,","value":""}])")},
       {kDeployment, absl::StrCat(main, "/workingDir"), "/srv"},
       {kDeployment, absl::StrCat(kPod, "/containers[name=side]"),
        Json(R"({"image":"side:1","args":["b","a"],"resources":{},
                     "env":[{"name":"D","value":"1"},{"name":"C","value":"2"}]})")},
       {kDeployment, absl::StrCat(kPod, "/tolerations"),
        Json(R"([{"key":"z","operator":"Exists"},{"key":"a"}])")},
       {.object = kConfigMap,
        .pointer = "",
        .value = Json(R"({"data":{"a":"1","b.c":"2"},"immutable":null})"),
        .steering = {},
        .operation = merge::Operation::kMerge,
        .replace_if_immutable = true},
       {kDeployment, "/spec/replicas", nullptr, merge::Steering::kPlatform}},
      application.instances[0].traits[0].type.writes};
}

class KeptPartsTest : public testing::Test {
 protected:
  std::vector<merge::MergedObject> Merge(const merge::Contribution& workload,
                                         const merge::Contribution& trait) {
    merge::Merged merged =
        merge::Merge(MakeWorkload(application_, application_.instances[0]), {{workload}, {trait}});
    for (const merge::Problem& problem : merged.problems) ADD_FAILURE() << problem.message;
    return std::move(merged.objects);
  }
  // As an apply leaves them, with the core's labels.
  void Store(std::vector<merge::MergedObject> objects) {
    store::Transaction transaction;
    store::v1::ApplicationRecord record;
    *record.add_instances() = MakeInstanceRecord(application_, application_.instances[0], objects);
    transaction.Put(store::ApplicationKey("default", "shop"), record.SerializeAsString());
    for (merge::MergedObject& object : objects) {
      merge::Stamp(MakeWorkload(application_, application_.instances[0]),
                   {{"weft.dev/component", "front"}}, {}, object);
      const store::v1::DesiredRecord desired = MakeDesiredRecord(kWeb, object);
      transaction.Put(DesiredKeyOf("default", "shop", store::ObjectKey(desired.object().ref())),
                      desired.SerializeAsString());
    }
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }
  Kept Read() {
    auto kept = ReadKept(application_, store_);
    EXPECT_TRUE(kept.ok()) << kept.status();
    return kept.ok() ? *std::move(kept) : Kept();
  }
  static std::vector<std::string> Texts(const std::vector<merge::MergedObject>& objects) {
    std::vector<std::string> texts;
    for (const merge::MergedObject& object : objects)
      texts.push_back(MakeDesiredRecord(kWeb, object).DebugString());
    return texts;
  }

  resolve::Application application_ = MakeApplication();
  store::MemoryStore store_;
};

TEST_F(KeptPartsTest, MergeToTheSameObjects) {
  const auto objects = Merge(WorkloadPart(application_, "site:1"), TraitPart(application_));
  Store(objects);
  merge::Contribution again = TraitPart(application_);
  again.parts = Read().parts[kTrait];
  EXPECT_EQ(Texts(Merge(WorkloadPart(application_, "site:1"), again)), Texts(objects));
  // Beside what else is new.
  EXPECT_EQ(Texts(Merge(WorkloadPart(application_, "site:2"), again)),
            Texts(Merge(WorkloadPart(application_, "site:2"), TraitPart(application_))));
}

TEST_F(KeptPartsTest, AreOnlyOfTraitsThatMayDoWithout) {
  Store(Merge(WorkloadPart(application_, "site:1"), TraitPart(application_)));
  EXPECT_EQ(Read().parts.size(), 1u);
  EXPECT_TRUE(Read().application.has_value());
  application_.instances[0].traits[0].type.optional = false;
  EXPECT_THAT(Read().parts, IsEmpty());
  EXPECT_FALSE(Read().application.has_value());
}

TEST_F(KeptPartsTest, ThereAreNoneOfWhatIsNew) {
  EXPECT_THAT(Read().parts, IsEmpty());
  merge::Contribution nothing = TraitPart(application_);
  nothing.parts.clear();
  Store(Merge(WorkloadPart(application_, "site:1"), nothing));
  EXPECT_THAT(Read().parts, IsEmpty());
}

TEST_F(KeptPartsTest, OneThatMayRemoveCannotDoWithoutOnceItStands) {
  catalog::Type& type = application_.instances[0].traits[0].type;
  type.writes.push_back({"*", "*", "", catalog::WriteMode::kRemove});
  EXPECT_THAT(Read().bound, IsEmpty());
  Store(Merge(WorkloadPart(application_, "site:1"), TraitPart(application_)));
  const Kept kept = Read();
  EXPECT_THAT(kept.parts, IsEmpty());
  EXPECT_THAT(kept.bound, ElementsAre(application_.instances[0].traits[0].key));
}

}  // namespace
}  // namespace weft::scheduler
