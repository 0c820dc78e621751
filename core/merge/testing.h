#pragma once

#include <gmock/gmock.h>
#include <map>
#include <string>
#include <vector>

#include "core/merge/merge.h"

// How the tests of this folder write contributions and read what became of them.
namespace weft::merge {

inline const ObjectRef kDeployment = {"apps/v1", "Deployment", "", "web"};
inline const ObjectRef kService = {"v1", "Service", "", "web"};

inline json::value Json(const std::string& text) {
  absl::StatusOr<json::value> value = json::Parse(text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status();
  return value.ok() ? *std::move(value) : json::value();
}

inline Workload Web() {
  return {"d/app/web", "d", "web", {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"}};
}

inline std::vector<catalog::Write> Creates() {
  return {{"*", "*", "", catalog::WriteMode::kCreate},
          {"v1", "Service", "", catalog::WriteMode::kCreate},
          {"v1", "ConfigMap", "", catalog::WriteMode::kCreate},
          {"networking.k8s.io/v1", "Ingress", "", catalog::WriteMode::kCreate},
          {"example.org/v1", "Farm", "", catalog::WriteMode::kCreate}};
}
inline std::vector<catalog::Write> Adds(const std::string& pointer = "") {
  return {{"*", "*", pointer, catalog::WriteMode::kAdd}};
}
inline std::vector<catalog::Write> Overrides(const std::string& pointer = "") {
  return {{"*", "*", pointer, catalog::WriteMode::kOverride}};
}

// One part for the Deployment.
inline Contribution Trait(const std::string& owner, const std::string& pointer,
                          const std::string& text,
                          std::vector<catalog::Write> writes = Overrides()) {
  return {owner, {{kDeployment, pointer, Json(text)}}, std::move(writes)};
}

// The workload's whole Deployment.
inline Contribution Base(const std::string& text) {
  return {"d/app/web", {{kDeployment, "", Json(text)}}, Creates()};
}

inline Merged MergeWeb(const std::vector<std::vector<Contribution>>& stages) {
  return Merge(Web(), stages);
}

// "CODE OWNER: MESSAGE" of every problem.
inline std::vector<std::string> ProblemsOf(const Merged& merged) {
  std::vector<std::string> problems;
  for (const Problem& p : merged.problems) {
    problems.push_back(p.code + " " + p.owner + ": " + p.message);
  }
  return problems;
}

// What stands below `field` of the only object, as canonical text; its problems if there are any.
inline std::string ValueOf(const Merged& merged, std::string_view field = "spec") {
  if (!merged.problems.empty()) return testing::PrintToString(ProblemsOf(merged));
  if (merged.objects.size() != 1) return "not one object";
  const json::value* value = json::Find(merged.objects[0].value, field);
  return value == nullptr ? "nothing" : json::Canonical(*value);
}

// The owners of the leaves of the only object, by pointer.
inline std::map<std::string, std::string> OwnersOf(const Merged& merged) {
  std::map<std::string, std::string> owners;
  if (merged.objects.size() != 1) return owners;
  for (const LeafOwner& leaf : merged.objects[0].leaves) owners[leaf.pointer] = leaf.owner;
  return owners;
}

}  // namespace weft::merge
