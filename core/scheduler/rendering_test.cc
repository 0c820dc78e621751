#include "core/scheduler/rendering.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/json.h"
#include "core/catalog/stages.h"
#include "core/mesh/stub_around.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kAnnotations[] = "/metadata/annotations";

// A provider that answers when a test lets it: what is asked waits in `asked`. The workload is an
// empty Deployment. A trait writes an annotation of its own name: "asked", or, if it reads, the
// names of all annotations that it sees.
class HeldProvider final : public mesh::StubAround {
 public:
  explicit HeldProvider(std::shared_ptr<mesh::ProviderStub> described)
      : StubAround(std::move(described)) {}

  std::vector<std::function<void()>> asked;
  std::set<std::string> failing;            // Types that answer with a failure.
  std::map<std::string, std::string> also;  // By type: another annotation that it writes.
  std::multiset<std::string> renders;       // The types that were asked for.

  void RenderWorkload(pb::RenderWorkloadRequest, mesh::Callback<pb::RenderResponse> done) override {
    Hold("web", Part("", "{}"), std::move(done));
  }
  void RenderTrait(pb::RenderTraitRequest request,
                   mesh::Callback<pb::RenderResponse> done) override {
    const std::string& type = request.instance().type();
    json::object annotations{
        {type, request.workload().objects_size() > 0 ? Seen(request) : "asked"}};
    if (also.contains(type)) annotations[also.at(type)] = absl::StrCat("of ", type);
    Hold(type, Part(kAnnotations, json::Canonical(annotations)), std::move(done));
  }

 private:
  static std::string Seen(const pb::RenderTraitRequest& request) {
    const json::value object = json::Parse(request.workload().objects(0).json()).value();
    const json::value* annotations = json::Find(*json::Find(object, "metadata"), "annotations");
    std::vector<std::string> names;
    if (annotations == nullptr) return "nothing";
    for (const auto& [name, value] : annotations->as_object()) names.emplace_back(name);
    std::sort(names.begin(), names.end());
    return absl::StrJoin(names, " ");
  }
  static pb::RenderResponse Part(const std::string& pointer, const std::string& json) {
    pb::RenderResponse response;
    response.set_outcome(pb::OUTCOME_READY);
    pb::Part* part = response.add_parts();
    part->mutable_object()->set_api_version("apps/v1");
    part->mutable_object()->set_kind("Deployment");
    part->mutable_object()->set_name("front");
    part->set_operation(pb::PART_OPERATION_MERGE);
    part->set_pointer(pointer);
    part->set_json(json);
    return response;
  }
  void Hold(const std::string& type, const absl::StatusOr<pb::RenderResponse>& response,
            mesh::Callback<pb::RenderResponse> done) {
    renders.insert(type);
    absl::StatusOr<pb::RenderResponse> answer = response;
    if (failing.contains(type)) answer = absl::InternalError("broken");
    asked.push_back([done = std::move(done), answer = std::move(answer)] { done(answer); });
  }
};

// A trait type that may write any annotation, and override it.
catalog::Type Trait(const std::string& name, bool reads, std::vector<std::string> after = {}) {
  catalog::Type type;
  type.kind = catalog::TypeKind::kTrait;
  type.name = name;
  type.provider = "held";
  type.reads_shape = type.reads_workload = reads;
  type.after = std::move(after);
  type.writes = {{"*", "*", kAnnotations, catalog::WriteMode::kOverride}};
  return type;
}

class RenderingTest : public testing::Test {
 protected:
  void SetUp() override {
    pb::DescribeResponse description;
    description.add_protocol_versions("v1");
    described_->SetDescription(description);
    std::string pattern = "/tmp/weft_rendering_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    std::ofstream(directory_ + "/held.yaml") << "name: held\naddress: unix:/none\n";
    providers_ = std::make_unique<mesh::Providers>(
        mesh::Providers::Options{.directory = directory_,
                                 .store = &store_,
                                 .connect = [this](const mesh::ProviderConfig&) { return held_; },
                                 .on_change = [] {}});
    providers_->Start();
    ASSERT_TRUE(Await([&] { return providers_->WhyAway("held").empty(); }));
  }
  void TearDown() override {
    providers_.reset();
    std::filesystem::remove_all(directory_);
  }

  // Renders one workload with these traits. Of what waits for an answer `pick` says which, of so
  // many, is answered next.
  Rendered RenderWith(const std::vector<catalog::Type>& traits,
                      const std::function<size_t(size_t)>& pick) {
    resolve::WorkloadInstance front;
    front.key = "default/shop/front";
    front.name = "front";
    front.type.name = "web";
    front.type.provider = "held";
    front.type.shape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"};
    front.type.writes = {{"apps/v1", "Deployment", "", catalog::WriteMode::kCreate}};
    std::vector<const catalog::Type*> types;
    types.reserve(traits.size());
    for (const catalog::Type& type : traits) types.push_back(&type);
    const catalog::Stages stages = catalog::StagesOf(types);
    for (size_t t = 0; t < traits.size(); ++t) {
      front.traits.push_back({absl::StrCat(front.key, "/", traits[t].name, "#0"), traits[t],
                              json::object(), absl::StrCat("/traits/", t), stages.of[t]});
    }
    held_->renders.clear();
    std::promise<Rendered> rendered;
    Render({{"default", "shop", {front}}, {}, {}, "test", kept_}, *providers_, pool_,
           [&](Rendered done) { rendered.set_value(std::move(done)); });
    while (!held_->asked.empty()) {
      const auto next =
          held_->asked.begin() + static_cast<std::ptrdiff_t>(pick(held_->asked.size()));
      const std::function<void()> answer = std::move(*next);
      held_->asked.erase(next);
      answer();
    }
    return rendered.get_future().get();
  }
  Rendered RenderWith(const std::vector<catalog::Type>& traits) {
    return RenderWith(traits, [](size_t) { return 0; });
  }

  // "NAME: VALUE" of all annotations but the core's own.
  static std::vector<std::string> Annotations(const Rendered& rendered) {
    std::vector<std::string> lines;
    if (rendered.objects.size() != 1 || rendered.objects[0].size() != 1) return {"not one object"};
    const json::value* metadata = json::Find(rendered.objects[0][0].value, "metadata");
    const json::value* annotations = json::Find(*metadata, "annotations");
    if (annotations == nullptr) return lines;
    for (const auto& [name, value] : annotations->as_object())
      lines.push_back(absl::StrCat(std::string(name), ": ", std::string(value.as_string())));
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  // "CODE MESSAGE" of each.
  static std::vector<std::string> Codes(const Rendered& rendered) {
    std::vector<std::string> codes;
    for (const model::Diagnostic& d : rendered.diagnostics)
      codes.push_back(absl::StrCat(d.code, " ", d.message));
    return codes;
  }

  std::string directory_;
  store::MemoryStore store_;
  const std::shared_ptr<mesh::FakeProvider> described_ = std::make_shared<mesh::FakeProvider>();
  const std::shared_ptr<HeldProvider> held_ = std::make_shared<HeldProvider>(described_);
  WorkerPool pool_{1, 100};
  Kept kept_;
  std::unique_ptr<mesh::Providers> providers_;
};

TEST_F(RenderingTest, WhoReadsTheShapeAloneWaitsForNothing) {
  catalog::Type shape = Trait("shape", false);
  shape.reads_shape = true;
  std::vector<size_t> waiting;
  const auto first = [&](size_t asked) {
    waiting.push_back(asked);
    return size_t{0};
  };
  RenderWith({shape}, first);
  EXPECT_EQ(waiting, (std::vector<size_t>{2, 1}));
  waiting.clear();
  RenderWith({Trait("reader", true)}, first);
  EXPECT_EQ(waiting, (std::vector<size_t>{1, 1}));
}

TEST_F(RenderingTest, ATraitSeesAndOverridesWhatTheStagesBeforeItWrote) {
  held_->also = {{"second", "first"}};
  const Rendered rendered =
      RenderWith({Trait("second", true, {"first"}), Trait("first", true), Trait("beside", false)});
  EXPECT_THAT(Codes(rendered), IsEmpty());
  EXPECT_THAT(Annotations(rendered),
              ElementsAre("beside: asked", "first: of second", "second: beside first"));
  const auto& leaves = rendered.objects[0][0].leaves;
  EXPECT_THAT(leaves, testing::Contains(merge::LeafOwner{"/metadata/annotations/first",
                                                         "default/shop/front/second#0"}));
}

TEST_F(RenderingTest, TraitsOfOneStageDoNotSeeEachOther) {
  EXPECT_THAT(Annotations(RenderWith({Trait("a", true), Trait("b", true), Trait("c", false)})),
              ElementsAre("a: nothing", "b: nothing", "c: asked"));
}

TEST_F(RenderingTest, AStarSeesEverythingOfThoseWithoutOne) {
  EXPECT_THAT(Annotations(RenderWith({Trait("last", true, {"*"}), Trait("also-last", true, {"*"}),
                                      Trait("very-last", true, {"*", "last"}), Trait("a", false),
                                      Trait("b", true, {"a"})})),
              ElementsAre("a: asked", "also-last: a b", "b: a", "last: a b",
                          "very-last: a also-last b last"));
}

TEST_F(RenderingTest, WhatReadsNothingIsAskedAtOnceWhateverItsStage) {
  size_t first = 0;
  const Rendered rendered = RenderWith(
      {Trait("a", false), Trait("b", false, {"a"}), Trait("c", true, {"b"})}, [&](size_t waiting) {
        first = std::max(first, waiting);
        return waiting - 1;
      });
  EXPECT_EQ(first, 3u);  // The workload, a and b.
  EXPECT_THAT(Annotations(rendered), ElementsAre("a: asked", "b: asked", "c: a b"));
}

TEST_F(RenderingTest, WhoReadsWhatFailedIsNeitherAskedNorBlamed) {
  held_->failing = {"first"};
  const Rendered rendered =
      RenderWith({Trait("first", false), Trait("beside", true), Trait("second", true, {"first"}),
                  Trait("third", true, {"second"})});
  EXPECT_THAT(Codes(rendered), ElementsAre(HasSubstr("PROVIDER_FAILED the trait first of front")));
  EXPECT_THAT(held_->renders, ElementsAre("beside", "first", "web"));
  EXPECT_THAT(rendered.objects[0], IsEmpty());
}

TEST_F(RenderingTest, WhoReadsWhatCannotBeMergedIsNeitherAskedNorBlamed) {
  held_->also = {{"a", "shared"}, {"b", "shared"}};
  const Rendered rendered = RenderWith({Trait("a", false), Trait("b", false),
                                        Trait("second", true, {"a"}), Trait("third", true, {"*"})});
  EXPECT_THAT(Codes(rendered), ElementsAre(HasSubstr("CONFLICT")));
  EXPECT_THAT(held_->renders, ElementsAre("a", "b", "web"));
}

TEST_F(RenderingTest, SaysWhatCannotBeMergedBesideWhatFailsLater) {
  held_->also = {{"a", "shared"}, {"b", "shared"}};
  held_->failing = {"later"};
  EXPECT_THAT(
      Codes(RenderWith({Trait("a", false), Trait("b", false), Trait("later", false, {"*"})})),
      ElementsAre(HasSubstr("PROVIDER_FAILED"), HasSubstr("CONFLICT")));
}

TEST_F(RenderingTest, AProviderThatIsNotConfiguredStopsWhatReadsItsStage) {
  catalog::Type gone = Trait("gone", true);
  gone.provider = "gone";
  EXPECT_THAT(Codes(RenderWith({gone, Trait("a", true), Trait("second", true, {"gone"})})),
              ElementsAre(HasSubstr("the provider gone is not configured")));
}

TEST_F(RenderingTest, WhoReadsSeesWhatStandsInForAnAnswer) {
  catalog::Type first = Trait("first", true), gone = Trait("gone", false);
  first.optional = gone.optional = true;
  gone.provider = "gone";
  held_->failing = {"first"};
  kept_.parts["default/shop/front/first#0"] = {
      {{"apps/v1", "Deployment", "default", "front"}, "/metadata/annotations/before", "kept"}};
  const Rendered rendered = RenderWith({first, gone, Trait("second", true, {"first", "gone"})});
  EXPECT_THAT(Codes(rendered), ElementsAre(HasSubstr("TRAIT_KEPT the trait first of front"),
                                           HasSubstr("TRAIT_LEFT_OUT the trait gone of front")));
  EXPECT_THAT(Annotations(rendered), ElementsAre("before: kept", "second: before"));
}

TEST_F(RenderingTest, WhatIsKeptIsNotBlamedForWhatOthersDoToEachOther) {
  catalog::Type kept = Trait("kept", true);
  kept.optional = true;
  held_->failing = {"kept"};
  held_->also = {{"a", "shared"}, {"b", "shared"}};
  kept_.parts["default/shop/front/kept#0"] = {
      {{"apps/v1", "Deployment", "default", "front"}, "/metadata/annotations/x", "kept"}};
  EXPECT_THAT(Codes(RenderWith({kept, Trait("a", false), Trait("b", false)})),
              ElementsAre(HasSubstr("TRAIT_KEPT"), HasSubstr("CONFLICT")));
}

// What a stage came to, what was asked and what is said of it are the same in whatever order the
// answers come.
TEST_F(RenderingTest, TheOrderOfAnswersDoesNotMatter) {
  constexpr unsigned kSeed = 20250801;
  std::mt19937 random(kSeed);
  int whole = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<catalog::Type> traits;
    held_->failing.clear();
    held_->also.clear();
    for (int i = 0; i < 6; ++i) {
      std::vector<std::string> after;
      for (int before = 0; before < i; ++before) {
        if (random() % 3 == 0) after.push_back(absl::StrCat("t", before));
      }
      if (i == 5) after.emplace_back("*");
      const std::string name = absl::StrCat("t", i);
      traits.push_back(Trait(name, random() % 3 != 0, after));
      if (random() % 20 == 0) held_->failing.insert(name);
      if (random() % 8 == 0) held_->also[name] = "shared";
    }
    std::ranges::shuffle(traits, random);
    const Rendered first = RenderWith(traits);
    const std::multiset<std::string> asked = held_->renders;
    if (first.diagnostics.empty()) ++whole;
    for (int order = 0; order < 6; ++order) {
      const Rendered other = RenderWith(traits, [&](size_t waiting) { return random() % waiting; });
      EXPECT_EQ(Annotations(other), Annotations(first)) << "round " << round;
      EXPECT_EQ(Codes(other), Codes(first)) << "round " << round;
      EXPECT_EQ(held_->renders, asked) << "round " << round;
    }
  }
  EXPECT_GT(whole, 5);
  EXPECT_LT(whole, 25);
}

}  // namespace
}  // namespace weft::scheduler
