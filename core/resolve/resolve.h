#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/catalog/type.h"
#include "core/model/document.h"

namespace weft::resolve {

// A revision of a component, as the catalog keeps it.
struct ComponentRevision {
  model::ComponentSchematic component;
  int64_t revision = 0;
  // Its document is part of the same call: CheckComponent has said what is wrong with it.
  bool checked = false;
};

struct EnvironmentVariable {
  std::string name;
  std::string value;
};

struct ConfigFile {
  std::string path;  // Absolute.
  std::string content;
};

// A container with every parameter filled in.
struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<EnvironmentVariable> env;
  std::vector<model::Port> ports;
  int64_t cpu_millicores = 0;
  int64_t memory_bytes = 0;
  std::optional<model::Probe> readiness;
  std::optional<model::Probe> liveness;
  std::vector<ConfigFile> config_files;
  std::vector<model::Volume> volumes;
  std::string image_pull_secret;
};

struct TraitInstance {
  std::string key;  // NAMESPACE/APPLICATION/INSTANCENAME/TYPE#n
  catalog::Type type;
  json::value properties;  // Satisfies the type's schema.
  std::string pointer;     // Of the trait in the application's document.
  int stage = 1;           // When it is put to its workload: see catalog::StagesOf.
};

struct WorkloadInstance {
  std::string key;  // NAMESPACE/APPLICATION/INSTANCENAME
  std::string name;
  std::string component_name;
  int64_t revision = 0;
  catalog::Type type;
  json::value properties;  // Of the workload settings; satisfies the type's schema.
  std::string os_type;
  std::string arch;
  std::vector<Container> containers;
  std::vector<TraitInstance> traits;  // In the document's order.
  std::string pointer;                // Of the component in the application's document.
};

struct Application {
  std::string name_space;
  std::string name;
  std::vector<WorkloadInstance> instances;  // In the document's order.
};

// Where resolution reads what it does not get: all pure look-ups in what the caller loaded. All are
// required.
struct Environment {
  const catalog::TypeTable* types = nullptr;
  // The component `name` of the application's namespace at the revision to use, or null.
  std::function<const ComponentRevision*(const std::string& name)> component;
  // Of the namespace, for near names; asked for when a component is missing.
  std::function<std::vector<std::string>()> component_names;
  // The application other than this one that owns the instance `name` in the namespace, or "".
  std::function<std::string(const std::string& name)> owner;
};

struct Resolved {
  Application application;  // Incomplete where a diagnostic is an error: not to be used then.
  model::Diagnostics diagnostics;  // Of the application's document, in the order of its text.
};

// Fills in variables and parameters, finds types, checks properties against their schemas and
// traits against what they may be attached to. All diagnostics, not only the first; what follows
// from an error already reported is not reported again. `document` holds an application. Pure and
// thread-safe. Source: OAM v1alpha1 sections 3, 5 and 6; docs/oam.md.
Resolved Resolve(const model::Document& document, const Environment& environment);

// What can be said of a component before an application uses it. Errors: no containers where the
// type needs some; workload settings, as far as no parameter fills them in, that the schema of the
// type does not allow. Warnings: a type that
// nobody serves, and what Weft does not carry out yet; Resolve makes errors of these where the
// component is used. `document` holds a component.
model::Diagnostics CheckComponent(const model::Document& document, const catalog::TypeTable& types);

// Checks `properties`, which stand at `pointer` of `document`, against a JSON Schema (draft 7;
// null: only an empty object satisfies it).
model::Diagnostics CheckProperties(const json::value& properties, const json::value& schema,
                                   const model::Document& document, const std::string& pointer);

}  // namespace weft::resolve
