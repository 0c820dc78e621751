// Properties that hold for all contributions, on random ones from a printed seed.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "core/merge/element_keys.h"
#include "core/merge/merged_text.h"
#include "core/merge/remove_leaf.h"
#include "core/merge/testing.h"

namespace weft::merge {
namespace {

constexpr unsigned kSeed = 20250731;

// What stands before the first random stage, so that there is something to remove.
Contribution RandomBase() {
  Contribution base = Base(R"({"spec":{"replicas":1,"template":{"spec":{
      "nodeSelector":{"a":"usual"},"containers":[
      {"name":"a","image":"usual","ports":[{"containerPort":80}],"readinessProbe":{"exec":{}}},
      {"name":"b","env":[{"name":"a","value":"usual"},{"name":"b","value":"usual"}]}]}}}})");
  base.parts.push_back({kService, "", Json("{}")});
  return base;
}

// Makes contributions to one Deployment that meet, agree and contradict each other often.
class Source {
 public:
  explicit Source(unsigned seed) : random_(seed) {}

  std::vector<Contribution> Stage(int stage, size_t size) {
    std::vector<Contribution> contributions;
    for (size_t i = 0; i < size; ++i) {
      Contribution c{"s" + std::to_string(stage) + "/" + std::to_string(i), {}, Writes()};
      for (size_t n = 1 + Pick(2); n > 0; --n) c.parts.push_back(RandomPart());
      contributions.push_back(std::move(c));
    }
    return contributions;
  }

  void Shuffle(std::vector<Contribution>& stage) { std::ranges::shuffle(stage, random_); }
  size_t Pick(size_t n) { return random_() % n; }

 private:
  std::vector<catalog::Write> Writes() {
    std::vector<catalog::Write> writes = ValueWrites();
    writes.push_back({"v1", "ConfigMap", "", catalog::WriteMode::kCreate});
    if (Pick(8) != 0) writes.push_back({"*", "*", "", catalog::WriteMode::kSteer});
    if (Pick(8) != 0) writes.push_back({"*", "*", "", catalog::WriteMode::kRemove});
    return writes;
  }

  std::vector<catalog::Write> ValueWrites() {
    switch (Pick(6)) {
      case 0:
        return Adds();
      case 1:
        return Overrides("+podTemplate");
      case 2:
        return Creates();
      default:
        return Overrides();
    }
  }

  Part RandomPart() {
    const std::string pod = "/spec/template/spec";
    switch (Pick(10)) {
      case 0:
        return {kDeployment, "/spec/replicas", Pick(8) == 0 ? json::value(2) : json::value(1)};
      case 1:
        return {kDeployment, pod + "/containers[name=" + Name() + "]", Container()};
      case 2:
        return {kDeployment, pod + "/containers", json::array{Named(Container(), Name())}};
      case 3:
        return {kDeployment, pod + "/containers[name=" + Name() + "]/readinessProbe", Probe()};
      case 4:
        return {kDeployment, pod + "/nodeSelector", json::object{{Name(), Scalar()}}};
      case 5:
        return Steer(pod);
      case 6:
        return Remove(pod);
      case 7:
        return Replace(pod);
      case 8:
        return {.object = {"v1", "ConfigMap", "", Name()},
                .pointer = "/data",
                .value = json::object{{"x", Scalar()}},
                .replace_if_immutable = Pick(8) == 0};
      default:
        return {kService, "/spec", json::object{{"x", Scalar()}}};
    }
  }

  Part Steer(const std::string& pod) {
    const std::string pointers[] = {"/spec/replicas", pod + "/nodeSelector/" + Name(),
                                    pod + "/containers[name=" + Name() + "]/image",
                                    pod + "/nodeSelector"};
    return {kDeployment, pointers[Pick(16) == 0 ? 3 : Pick(3)], nullptr,
            Pick(12) == 0 ? Steering::kPlatform : Steering::kActions};
  }

  Part Remove(const std::string& pod) {
    const std::string container = pod + "/containers[name=" + Name() + "]";
    const std::string pointers[] = {container,
                                    container + "/image",
                                    container + "/ports",
                                    container + "/env[name=" + Name() + "]",
                                    container + "/readinessProbe/exec",
                                    pod + "/nodeSelector",
                                    pod + "/nodeSelector/" + Name(),
                                    "/spec/replicas",
                                    pod};
    return {.object = kDeployment,
            .pointer = pointers[Pick(Pick(16) == 0 ? 9 : 7)],
            .operation = Operation::kRemove};
  }

  Part Replace(const std::string& pod) {
    Part part{.object = kDeployment, .operation = Operation::kReplace};
    const std::string name = Name();
    switch (Pick(4)) {
      case 0:
        part.pointer = pod + "/nodeSelector";
        part.value = json::object{{name, Scalar()}};
        return part;
      case 1:
        part.pointer = pod + "/containers[name=" + name + "]";
        part.value = Container();
        return part;
      case 2:
        part.pointer = pod + "/containers[name=" + name + "]/readinessProbe";
        part.value = Probe();
        return part;
      default:
        part.pointer = pod + "/containers";
        part.value = json::array{Named(Container(), name), Named(Container(), name + "a")};
        return part;
    }
  }

  std::string Name() { return std::string(1, static_cast<char>('a' + Pick(5))); }
  json::value Scalar() { return Pick(10) == 0 ? json::value("other") : json::value("usual"); }
  json::object Named(json::object object, const std::string& name) {
    object["name"] = name;
    return object;
  }
  json::object Container() {
    json::object container;
    if (Pick(2) == 0) container["image"] = Scalar();
    if (Pick(3) == 0) container["securityContext"] = json::object{};
    if (Pick(12) == 0) container["securityContext"] = Scalar();
    if (Pick(3) == 0) {
      json::object port{{"containerPort", 80 + static_cast<int>(Pick(3))}};
      if (Pick(2) == 0) port["protocol"] = Pick(2) == 0 ? "TCP" : "UDP";
      container["ports"] = json::array{std::move(port)};
    }
    if (Pick(3) == 0) container["env"] = json::array{Named({{"value", Scalar()}}, Name())};
    return container;
  }
  json::object Probe() {
    if (Pick(6) == 0) return {{"httpGet", json::object{{"port", 80}}}};
    return {{"exec", json::object{{"command", json::array{"true"}}}}};
  }

  std::mt19937 random_;
};

TEST(Order, OfTheContributionsOfAStageDoesNotMatter) {
  Source source(kSeed);
  int merged = 0;
  int refused = 0;
  for (int round = 0; round < 10000; ++round) {
    std::vector<std::vector<Contribution>> stages = {{RandomBase()}};
    for (int stage = 1; stage <= 2; ++stage)
      stages.push_back(source.Stage(stage, 1 + source.Pick(4)));
    const Merged first = MergeWeb(stages);
    (first.problems.empty() ? merged : refused) += 1;
    for (auto& stage : stages) source.Shuffle(stage);
    ASSERT_EQ(TextOf(MergeWeb(stages)), TextOf(first)) << "seed " << kSeed << ", round " << round;
  }
  // The rounds say something only if many go each way.
  EXPECT_GT(merged, 2000);
  EXPECT_GT(refused, 2000);
}

TEST(Order, OfWhatMakesNoSenseDoesNotMatterEither) {
  const std::vector<std::string> pointers = {
      "",
      "/",
      "x",
      "/kind",
      "/kind/x",
      "/metadata",
      "/metadata/name",
      "/metadata[name=x]",
      "/spec/template/spec",
      "/spec/template/spec/containers",
      "/spec/template/spec/containers/0",
      "/spec/template/spec/containers[name=a]",
      "/spec/template/spec/containers[name=a]/name/x",
      "/spec/template/spec/containers[name=a]/ports[containerPort=1,protocol=TCP]/protocol/x",
      "/spec/template/spec/containers[name=a]/ports[containerPort=-1,protocol=]",
      "/spec[a=b]",
      "/spec/template/spec/tolerations[key=,operator=Equal,value=,effect=]",
      "/a~",
      "/a[",
      "/a]"};
  const std::vector<json::value> values = {
      nullptr,
      1,
      "a",
      Json("[]"),
      Json("{}"),
      Json("[[]]"),
      Json("[null]"),
      Json(R"({"":{}})"),
      Json(R"([{"name":"a"}])"),
      Json(R"({"name":"a"})"),
      Json(R"({"kind":1,"metadata":[]})"),
      Json(R"({"spec":{"containers":[{"name":null}],"template":{"spec":[]}}})")};
  std::mt19937 random(kSeed + 2);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Contribution> stage;
    for (const char* owner : {"a", "b", "c"}) {
      stage.push_back(
          {owner,
           {{kDeployment, pointers[random() % pointers.size()], values[random() % values.size()]}},
           random() % 2 == 0 ? Overrides() : Creates()});
    }
    const Contribution base =
        Base(R"({"spec":{"template":{"spec":{"containers":[{"name":"a"}]}}}})");
    const Merged first = MergeWeb({{base}, stage});
    for (const MergedObject& object : first.objects) {
      ASSERT_TRUE(json::Parse(json::Canonical(object.value)).ok());
    }
    std::ranges::reverse(stage);
    ASSERT_EQ(TextOf(MergeWeb({{base}, stage})), TextOf(first)) << "round " << round;
  }
}

// What stands at `pointer`, which exists.
const json::value& At(const json::value& root, const Pointer& pointer) {
  const json::value* at = &root;
  for (const Step& step : pointer) {
    at = json::Find(*at, step.field);
    if (step.element.empty()) continue;
    at = &*std::ranges::find_if(at->get_array(), [&](const json::value& element) {
      return std::ranges::all_of(step.element, [&](const KeyValue& key) {
        const json::value* field = json::Find(element, key.key);
        return (field == nullptr ? "TCP" : TextOf(*field)) == key.value;
      });
    });
  }
  return *at;
}

TEST(Order, TheLeavesAndMarksAloneGiveTheObjectsBack) {
  Source source(kSeed + 1);
  int checked = 0;
  for (int round = 0; round < 1500; ++round) {
    const Merged merged = MergeWeb({{RandomBase()}, source.Stage(1, 3)});
    if (!merged.problems.empty()) continue;
    ++checked;
    Contribution whole{"d/app/web", {}, Creates()};
    whole.writes.push_back({"*", "*", "", catalog::WriteMode::kSteer});
    for (const MergedObject& object : merged.objects) {
      whole.parts.push_back({object.ref, "", Json("{}")});
      for (const SteeredLeaf& leaf : object.steered)
        whole.parts.push_back({object.ref, leaf.pointer, nullptr, leaf.by});
      for (const LeafOwner& leaf : object.leaves) {
        const absl::StatusOr<Pointer> pointer = ParsePointer(leaf.pointer);
        ASSERT_TRUE(pointer.ok()) << pointer.status();
        whole.parts.push_back({object.ref, leaf.pointer, At(object.value, *pointer)});
      }
    }
    const Merged again = MergeWeb({{whole}});
    ASSERT_EQ(again.objects.size(), merged.objects.size()) << TextOf(again);
    for (size_t i = 0; i < merged.objects.size(); ++i) {
      ASSERT_EQ(json::Canonical(Sorted(again.objects[i].value)),
                json::Canonical(Sorted(merged.objects[i].value)));
      ASSERT_EQ(again.objects[i].leaves.size(), merged.objects[i].leaves.size());
      ASSERT_EQ(again.objects[i].steered.size(), merged.objects[i].steered.size());
    }
  }
  EXPECT_GT(checked, 200);
}

// Whether what `part` says of `object` is so.
void ExpectDone(const Part& part, const MergedObject& object) {
  json::value value = object.value;
  const json::value* found = FindLeaf(object.ref.api_version, object.ref.kind, part.pointer, value);
  if (part.operation == Operation::kRemove) {
    EXPECT_EQ(found, nullptr) << part.pointer << " of " << json::Canonical(value);
  } else if (object.steered.empty() && !part.pointer.ends_with(']')) {  // Elements get their keys.
    ASSERT_NE(found, nullptr) << part.pointer << " of " << json::Canonical(value);
    EXPECT_EQ(json::Canonical(Sorted(*found)), json::Canonical(Sorted(part.value)));
  }
}

TEST(Order, WhatTheLastStageRemovesIsGoneAndWhatItReplacesByStands) {
  Source source(kSeed + 3);
  std::map<Operation, int> done;
  for (int round = 0; round < 3000; ++round) {
    const std::vector<Contribution> last = source.Stage(2, 1 + source.Pick(2));
    const Merged merged = MergeWeb({{RandomBase()}, source.Stage(1, 1), last});
    if (!merged.problems.empty()) continue;
    for (const Contribution& contribution : last) {
      for (const Part& part : contribution.parts) {
        if (part.operation == Operation::kMerge) continue;
        ++done[part.operation];
        ExpectDone(part, *std::ranges::find(merged.objects, "Deployment",
                                            [](const auto& object) { return object.ref.kind; }));
      }
    }
  }
  EXPECT_GT(done[Operation::kRemove], 200);
  EXPECT_GT(done[Operation::kReplace], 200);
}

}  // namespace
}  // namespace weft::merge
