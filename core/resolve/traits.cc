#include "core/resolve/traits.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/catalog/stages.h"
#include "core/model/text.h"
#include "core/resolve/type_names.h"

namespace weft::resolve {
namespace {

using model::Quoted;

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool Applies(const catalog::Type& trait, const catalog::Type& workload) {
  return std::any_of(trait.applies_to.begin(), trait.applies_to.end(), [&](const auto& target) {
    if (target == "+scale") return !workload.shape.scale.empty();
    if (target == "+podTemplate") return !workload.shape.pod_template.empty();
    return target == "*" || target == workload.name;
  });
}

// What a trait applies to, in words.
std::string Targets(const catalog::Type& trait) {
  std::vector<std::string> words;
  for (const std::string& target : trait.applies_to) {
    if (target == "+scale") {
      words.emplace_back("any type with a scale");
    } else if (target == "+podTemplate") {
      words.emplace_back("any type that runs containers");
    } else {
      words.push_back(target);
    }
  }
  return words.empty() ? "no type" : absl::StrJoin(words, ", ");
}

// The type of the trait at `pointer`, or null after an error.
const catalog::Type* FindTrait(const model::Trait& trait, const std::string& pointer,
                               const catalog::TypeTable& types, Findings& findings) {
  const catalog::Type* type = types.Find(catalog::TypeKind::kTrait, trait.name);
  if (type != nullptr) return type;
  model::Diagnostic& error =
      findings.Error(pointer + "/name", "UNKNOWN_TRAIT",
                     absl::StrCat("no provider serves a trait ", Quoted(trait.name)));
  const TypeNames names(types, catalog::TypeKind::kTrait, trait.name);
  error.found = Quoted(trait.name);
  error.expected = names.served;
  error.hint = names.nearest.empty() ? absl::StrCat("served are: ", names.served)
                                     : absl::StrCat("write ", names.nearest);
  return nullptr;
}

// Reports what keeps `type` from standing beside the traits before it; false if something does.
bool CheckNeighbours(const catalog::Type& type, const std::string& pointer,
                     const std::vector<TraitInstance>& before, Findings& findings) {
  for (const TraitInstance& other : before) {
    const int line = findings.Line(other.pointer);
    if (other.type.name == type.name) {
      findings
          .Error(pointer + "/name", "DUPLICATE_TRAIT",
                 absl::StrCat("the component has the trait ", Quoted(type.name),
                              " already, in line ", line))
          .hint = "leave one of them out";
      return false;
    }
    if (Contains(type.conflicts_with, other.type.name) ||
        Contains(other.type.conflicts_with, type.name)) {
      findings
          .Error(pointer + "/name", "TRAIT_CONFLICT",
                 absl::StrCat("the trait ", Quoted(type.name), " cannot stand beside the trait ",
                              Quoted(other.type.name), " in line ", line))
          .hint = "leave one of them out";
      return false;
    }
  }
  return true;
}

void CheckApplies(const catalog::Type& type, const std::string& pointer,
                  const catalog::Type* workload, Findings& findings) {
  if (workload == nullptr || Applies(type, *workload)) return;
  model::Diagnostic& error = findings.Error(
      pointer + "/name", "TRAIT_NOT_APPLICABLE",
      absl::StrCat("the trait ", Quoted(type.name), " cannot be attached to a component of type ",
                   workload->name, "; it applies to ", Targets(type)));
  error.found = workload->name;
  error.expected = Targets(type);
}

// Says of each of `traits` when it comes; of some that come after each other in a circle, that they
// do, at the last of them.
void SetStages(std::vector<TraitInstance>& traits, Findings& findings) {
  std::vector<TraitInstance*> left;
  for (TraitInstance& trait : traits) left.push_back(&trait);
  while (!left.empty()) {
    std::vector<const catalog::Type*> types;
    for (const TraitInstance* trait : left) types.push_back(&trait->type);
    catalog::Stages stages = catalog::StagesOf(types);
    if (stages.cycle.empty()) {
      for (size_t i = 0; i < left.size(); ++i) left[i]->stage = stages.of[i];
      return;
    }
    const std::string circle = catalog::CycleText(types, stages.cycle);
    std::sort(stages.cycle.begin(), stages.cycle.end());
    findings
        .Error(left[stages.cycle.back()]->pointer + "/name", "AFTER_CYCLE",
               absl::StrCat("these traits come after each other in a circle, so that none can be "
                            "the first: ",
                            circle))
        .hint = "leave one of them out";
    for (size_t i = stages.cycle.size(); i > 0; --i)
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(stages.cycle[i - 1]));
  }
}

}  // namespace

std::vector<TraitInstance> ResolveTraits(const model::ApplicationComponent& use,
                                         const TraitTarget& target, const catalog::TypeTable& types,
                                         const Variables& variables,
                                         const model::Document& document, model::Diagnostics& out) {
  Findings findings(document, out);
  std::vector<TraitInstance> resolved;
  for (size_t t = 0; t < use.traits.size(); ++t) {
    const std::string pointer = absl::StrCat(target.pointer, "/traits/", t);
    std::optional<json::value> properties =
        variables.Expand(use.traits[t].properties, pointer + "/properties", findings);
    const catalog::Type* type = FindTrait(use.traits[t], pointer, types, findings);
    if (type == nullptr || !CheckNeighbours(*type, pointer, resolved, findings)) continue;
    CheckApplies(*type, pointer, target.workload, findings);
    if (properties) {
      model::Diagnostics wrong =
          CheckProperties(*properties, type->schema, document, pointer + "/properties");
      std::move(wrong.begin(), wrong.end(), std::back_inserter(out));
    }
    // In v1alpha1 a component has one trait of a type, so that it is always the first of it.
    resolved.push_back({absl::StrCat(target.key, "/", type->name, "#0"), *type,
                        std::move(properties).value_or(json::object()), pointer});
  }
  SetStages(resolved, findings);
  return resolved;
}

}  // namespace weft::resolve
