#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/model/testing.h"
#include "core/resolve/resolve.h"

// For tests only.
namespace weft::resolve {

inline catalog::Type MakeWorkload(std::string name, std::vector<std::string> aliases,
                                  std::string scale, json::value schema = nullptr) {
  catalog::Type type;
  type.kind = catalog::TypeKind::kWorkload;
  type.name = std::move(name);
  type.aliases = std::move(aliases);
  type.schema = std::move(schema);
  type.shape = {"apps/v1", "Thing", std::move(scale), "/spec/template"};
  return type;
}

inline catalog::Type MakeTrait(std::string name, std::vector<std::string> applies_to,
                               std::vector<std::string> conflicts_with = {}) {
  catalog::Type type;
  type.kind = catalog::TypeKind::kTrait;
  type.name = std::move(name);
  type.applies_to = std::move(applies_to);
  type.conflicts_with = std::move(conflicts_with);
  type.schema = *json::Parse(R"({"type": "object", "required": ["replicas"],
    "additionalProperties": false,
    "properties": {"replicas": {"type": "integer", "minimum": 0, "maximum": 100}}})");
  return type;
}

// What is served in these tests: workload types with a scale (Web), without one (Fixed) and with
// settings and all of what a component may say (Job), and traits on them.
inline catalog::TypeTable TestTypes() {
  catalog::Type label = MakeTrait("label", {"*"});
  label.schema = json::value({{"type", "object"}});
  catalog::Type plain = MakeTrait("plain", {"+podTemplate"});
  plain.schema = nullptr;
  catalog::Type scaler = MakeTrait("scaler", {"+scale"});
  scaler.aliases = {"example.org/v1.Scaler"};
  catalog::Type ring[] = {MakeTrait("ring-a", {"*"}), MakeTrait("ring-b", {"*"}),
                          MakeTrait("ring-c", {"*"})};
  ring[0].after = {"ring-b", "nobody"};
  ring[1].after = {"ring-c"};
  ring[2].after = {"ring-a"};
  for (catalog::Type& type : ring) type.schema = nullptr;
  catalog::Type job =
      MakeWorkload("example.org/v1.Job", {"Job"}, "", *json::Parse(R"({"type": "object",
         "properties": {"tries": {"type": "integer", "minimum": 1}, "mode": {"type": "string"}},
         "additionalProperties": false})"));
  job.carries = {true, true, true};
  return catalog::TypeTable({MakeWorkload("example.org/v1.Web", {"Web"}, "/spec/replicas"),
                             MakeWorkload("example.org/v1.Fixed", {"Fixed"}, ""), job, scaler,
                             MakeTrait("fixed-size", {"example.org/v1.Web"}, {"scaler"}),
                             MakeTrait("sticky", {"example.org/v1.Fixed", "example.org/v1.Job"}),
                             label, plain, ring[0], ring[1], ring[2]});
}

// A world with these components, read from documents, and these owners of instance names.
class World {
 public:
  explicit World(const std::vector<model::Document>& documents,
                 std::map<std::string, std::string> owners = {},
                 catalog::TypeTable types = TestTypes())
      : owners_(std::move(owners)), types_(std::move(types)) {
    for (const model::Document& document : documents) {
      const auto* component = std::get_if<model::ComponentSchematic>(&document.value);
      if (component != nullptr) components_[component->metadata.name] = {*component, 7};
    }
  }

  Resolved Resolve(const model::Document& application) const {
    Environment environment;
    environment.types = &types_;
    environment.component = [&](const std::string& name) -> const ComponentRevision* {
      const auto found = components_.find(name);
      return found == components_.end() ? nullptr : &found->second;
    };
    environment.component_names = [&] {
      std::vector<std::string> names;
      for (const auto& [name, component] : components_) names.push_back(name);
      return names;
    };
    environment.owner = [&](const std::string& name) {
      const auto found = owners_.find(name);
      return found == owners_.end() ? std::string() : found->second;
    };
    return resolve::Resolve(application, environment);
  }

  const catalog::TypeTable& types() const { return types_; }

 private:
  std::map<std::string, ComponentRevision> components_;
  std::map<std::string, std::string> owners_;
  catalog::TypeTable types_;
};

// Decodes components and one application in one text and resolves the application.
inline Resolved ResolveText(const std::string& text, std::map<std::string, std::string> owners = {},
                            catalog::TypeTable types = TestTypes()) {
  const model::Decoded decoded = model::DecodeText(text);
  EXPECT_FALSE(model::HasError(decoded.diagnostics)) << model::Full(decoded.diagnostics);
  if (model::HasError(decoded.diagnostics)) return {};
  return World(decoded.documents, std::move(owners), std::move(types))
      .Resolve(decoded.documents.back());
}

}  // namespace weft::resolve
