#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace weft::catalog {

enum class TypeKind { kWorkload, kTrait };

enum class WriteMode { kCreate, kAdd, kOverride, kSteer, kRemove };

// A permission, as in weft.provider.v1.Write. Symbolic pointers ("+scale") stay symbolic here.
struct Write {
  std::string api_version;
  std::string kind;
  std::string pointer;
  WriteMode mode = WriteMode::kAdd;
};

// As weft.provider.v1.Shape.
struct Shape {
  std::string api_version;
  std::string kind;
  std::string scale;
  std::string pod_template;
};

// What of a component a workload type carries out: weft.provider.v1.ComponentFeature.
struct ComponentFeatures {
  bool probes = false;
  bool config_files = false;
  bool ephemeral_volumes = false;
  bool persistent_volumes = false;
  bool image_pull_secrets = false;
};

// One type that users may write, as its provider described it.
struct Type {
  TypeKind kind = TypeKind::kWorkload;
  std::string name;  // Canonical.
  std::vector<std::string> aliases;
  std::string version;
  std::string summary;
  std::string provider;  // The configured name of the provider that serves it.
  json::value schema;    // JSON Schema of the properties; null: an empty object.
  std::vector<Write> writes;
  Shape shape;                              // Workloads.
  ComponentFeatures carries;                // Workloads.
  std::vector<std::string> applies_to;      // Traits.
  std::vector<std::string> conflicts_with;  // Traits.
  std::vector<std::string> after;           // Traits: see stages.h.
  bool reads_shape = false;                 // Traits: of the workload,
  bool reads_workload = false;              // which includes that.
  bool reads_target = false;
  bool reads_peers = false;
  bool reads_state = false;
  // Traits: an application goes on without its answer, if its provider gives none. Its operator
  // says so (mesh::ProviderConfig), not the provider.
  bool optional = false;
  // Features.
  bool assesses = false;
  bool timeline = false;
  bool instances = false;
  bool finalizes = false;

  // Whether what it reads may become another though nobody changes a document: only such a type may
  // have no answer yet.
  bool MayWait() const { return reads_peers || reads_state; }
};

// All types that are served at one moment. Immutable, so thread-safe; shared by everything that
// resolves.
class TypeTable {
 public:
  // Of two types with the same kind and name or alias the one of the provider that comes first by
  // name is kept.
  explicit TypeTable(std::vector<Type> types);

  // The type that users write as `name`, by canonical name or alias, or null. Lives as long as the
  // table.
  const Type* Find(TypeKind kind, const std::string& name) const;
  // Canonical names and aliases, sorted.
  std::vector<std::string> Names(TypeKind kind) const;
  // By kind and canonical name.
  const std::vector<Type>& types() const { return types_; }

 private:
  std::vector<Type> types_;
  std::map<std::pair<TypeKind, std::string>, size_t> by_name_;
};

using TypeTablePtr = std::shared_ptr<const TypeTable>;

}  // namespace weft::catalog
