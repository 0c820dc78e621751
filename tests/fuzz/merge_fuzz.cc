// Merges what a text says that providers answered, and says what must hold of every result. A line
// each, of which the first character tells what it is:
//
//   =                    the next stage
//   c POINTER            the next contribution; its type may CREATE there
//   a, o, t POINTER      the same with ADD, OVERRIDE, STEER
//   m POINTER            its type may REMOVE there too
//   d POINTER JSON       a part of the Deployment
//   s POINTER JSON       a part of the Service
//   p, r POINTER         a leaf of the Deployment that the platform steers, or actions
//   x POINTER            what goes from the Deployment
//   y POINTER JSON       what stands in the Deployment instead
//   n POINTER JSON       a part of the Deployment, which may be made anew
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/merge/merge.h"
#include "core/merge/merged_text.h"
#include "core/merge/pointer.h"
#include "core/model/text.h"
#include "tests/fuzz/expect.h"

namespace weft::fuzz {
namespace {

using merge::Contribution;
using merge::Merged;
using merge::MergedObject;
using merge::ObjectRef;
using Stages = std::vector<std::vector<Contribution>>;

const ObjectRef kDeployment = {"apps/v1", "Deployment", "", "web"};
const ObjectRef kService = {"v1", "Service", "", "web"};
const merge::Workload kWorkload = {
    "d/app/web", "d", "web", {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"}};

void Contribute(char mode, const std::string& pointer, Stages& stages) {
  constexpr std::string_view kModes = "caot";  // In the order of WriteMode.
  const auto write_mode = static_cast<catalog::WriteMode>(kModes.find(mode));
  const std::string owner = absl::StrCat(stages.size() - 1, "/", stages.back().size());
  stages.back().push_back({owner, {}, {{"*", "*", pointer, write_mode}}});
}

void MayRemove(const std::string& pointer, Stages& stages) {
  if (stages.back().empty()) return;
  stages.back().back().writes.push_back({"*", "*", pointer, catalog::WriteMode::kRemove});
}

void AddPart(char what, const std::string& rest, Stages& stages) {
  if (stages.back().empty()) return;
  merge::Part part{what == 's' ? kService : kDeployment, rest, nullptr};
  if (what == 'p') part.steering = merge::Steering::kPlatform;
  if (what == 'r') part.steering = merge::Steering::kActions;
  if (what == 'x') part.operation = merge::Operation::kRemove;
  if (what == 'y') part.operation = merge::Operation::kReplace;
  part.replace_if_immutable = what == 'n';
  if (!part.steering && what != 'x') {
    const size_t space = rest.find(' ');
    if (space == std::string::npos) return;
    absl::StatusOr<json::value> value = json::Parse(std::string_view(rest).substr(space + 1));
    if (!value.ok()) return;
    part.pointer = rest.substr(0, space);
    part.value = *std::move(value);
  }
  stages.back().back().parts.push_back(std::move(part));
}

Stages Read(const std::string& text) {
  Stages stages(1);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    // Protobuf lets no other text through.
    if (line.empty() || model::FindForbiddenByte(line)) continue;
    const std::string rest = line.size() > 2 ? line.substr(2) : "";
    if (line[0] == '=' && stages.size() < 4) stages.emplace_back();
    if (std::string_view("caot").find(line[0]) != std::string_view::npos)
      Contribute(line[0], rest, stages);
    if (line[0] == 'm') MayRemove(rest, stages);
    if (std::string_view("dsprxyn").find(line[0]) != std::string_view::npos)
      AddPart(line[0], rest, stages);
  }
  return stages;
}

void CheckObject(const MergedObject& object) {
  const std::string text = json::Canonical(object.value);
  const absl::StatusOr<std::string> again = json::Canonicalize(text);
  Expect(again.ok() && *again == text, "an object is canonical JSON", text);
  for (size_t i = 0; i < object.leaves.size(); ++i) {
    const merge::LeafOwner& leaf = object.leaves[i];
    Expect(!leaf.owner.empty(), "a leaf has an owner", leaf.pointer);
    Expect(i == 0 || object.leaves[i - 1].pointer < leaf.pointer, "a leaf has one owner",
           leaf.pointer);
    const absl::StatusOr<merge::Pointer> pointer = merge::ParsePointer(leaf.pointer);
    Expect(pointer.ok() && merge::FormatPointer(*pointer) == leaf.pointer,
           "the pointer of a leaf is the one of its place", leaf.pointer);
  }
  for (const merge::SteeredLeaf& steered : object.steered) {
    Expect(std::none_of(object.leaves.begin(), object.leaves.end(),
                        [&](const auto& leaf) { return leaf.pointer == steered.pointer; }),
           "a steered leaf is no leaf of the object", steered.pointer);
  }
}

}  // namespace
}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  fuzz::Stages stages = fuzz::Read({reinterpret_cast<const char*>(data), size});
  const merge::Merged merged = merge::Merge(fuzz::kWorkload, stages);
  fuzz::Expect(merged.problems.empty() || merged.objects.empty(), "problems or objects");
  for (merge::MergedObject object : merged.objects) {
    fuzz::CheckObject(object);
    merge::Stamp(fuzz::kWorkload, {{"weft.dev/instance", "web"}}, {{"weft.dev/only", "1"}}, object);
    fuzz::CheckObject(object);
  }
  for (auto& stage : stages) std::reverse(stage.begin(), stage.end());
  const merge::Merged reversed = merge::Merge(fuzz::kWorkload, stages);
  fuzz::Expect(merge::TextOf(reversed) == merge::TextOf(merged),
               "the order of contributions within a stage changes nothing",
               merge::TextOf(merged) + "--\n" + merge::TextOf(reversed));
  return 0;
}
