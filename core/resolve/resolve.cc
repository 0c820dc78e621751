#include "core/resolve/resolve.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/model/names.h"
#include "core/model/text.h"
#include "core/resolve/containers.h"
#include "core/resolve/features.h"
#include "core/resolve/findings.h"
#include "core/resolve/parameters.h"
#include "core/resolve/schema.h"
#include "core/resolve/settings.h"
#include "core/resolve/traits.h"
#include "core/resolve/type_names.h"
#include "core/resolve/variables.h"

namespace weft::resolve {
namespace {

using model::Quoted;

// Resolves one document.
class Resolver {
 public:
  Resolver(const model::Document& document, const Environment& environment, Resolved& out)
      : document_(document),
        application_(std::get<model::ApplicationConfiguration>(document.value)),
        environment_(environment),
        out_(out),
        findings_(document, out.diagnostics),
        variables_(application_.variables, findings_) {}

  void Run() {
    out_.application.name_space = application_.metadata.name_space;
    out_.application.name = application_.metadata.name;
    RefuseScopes();
    for (size_t i = 0; i < application_.components.size(); ++i) {
      ResolveComponent(application_.components[i], absl::StrCat("/spec/components/", i));
    }
    std::stable_sort(out_.diagnostics.begin(), out_.diagnostics.end(),
                     [](const model::Diagnostic& a, const model::Diagnostic& b) {
                       return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                     });
  }

 private:
  void RefuseScopes();
  void ResolveComponent(const model::ApplicationComponent& use, const std::string& pointer);
  void CheckInstanceName(const std::string& name, const std::string& pointer);
  void CheckScopes(const model::ApplicationComponent& use, const std::string& pointer);
  const ComponentRevision* FindComponent(const std::string& name, const std::string& pointer);
  const catalog::Type* FindWorkload(const model::ComponentSchematic& component,
                                    const std::string& pointer);
  void CheckFeatures(const model::ComponentSchematic& component, const catalog::Type* type,
                     const std::string& pointer);
  void Fill(const ComponentRevision& revision, const model::ApplicationComponent& use,
            const std::string& pointer, const catalog::Type* type, WorkloadInstance& out);

  const model::Document& document_;
  const model::ApplicationConfiguration& application_;
  const Environment& environment_;
  Resolved& out_;
  Findings findings_;
  const Variables variables_;
  std::map<std::string, std::string> instances_;  // By name, the pointer of the name.
};

void Resolver::RefuseScopes() {
  for (size_t i = 0; i < application_.scopes.size(); ++i) {
    findings_.Error(absl::StrCat("/spec/scopes/", i), "NOT_SUPPORTED_YET",
                    absl::StrCat("scopes are not supported yet: ",
                                 Quoted(application_.scopes[i].name), " cannot be created"));
  }
}

// A component that joins a scope of this document needs no words of its own.
void Resolver::CheckScopes(const model::ApplicationComponent& use, const std::string& pointer) {
  for (size_t i = 0; i < use.application_scopes.size(); ++i) {
    const std::string& name = use.application_scopes[i];
    if (std::any_of(application_.scopes.begin(), application_.scopes.end(),
                    [&](const model::ScopeUse& scope) { return scope.name == name; })) {
      continue;
    }
    findings_.Error(
        absl::StrCat(pointer, "/applicationScopes/", i), "NOT_SUPPORTED_YET",
        absl::StrCat("scopes are not supported yet: ", Quoted(name), " cannot be joined"));
  }
}

// What becomes the name of objects must be one on every platform (ARCHITECTURE.md, "Names").
void Resolver::CheckInstanceName(const std::string& name, const std::string& pointer) {
  const std::string at = pointer + "/instanceName";
  if (!model::IsInstanceName(name)) {
    model::Diagnostic& error = findings_.Error(
        at, "BAD_NAME",
        absl::StrCat(Quoted(name), " is not a valid instance name: ", model::kInstanceNameRule));
    error.found = Quoted(name);
    error.expected = model::kInstanceNameRule;
    return;
  }
  const auto [first, fresh] = instances_.emplace(name, at);
  if (!fresh) {
    findings_
        .Error(at, "DUPLICATE_NAME",
               absl::StrCat("the instance name ", Quoted(name), " is used twice, first in line ",
                            findings_.Line(first->second)))
        .hint = "give each use of a component a name of its own";
    return;
  }
  const std::string owner = environment_.owner(name);
  if (owner.empty()) return;
  findings_
      .Error(at, "INSTANCE_OWNED",
             absl::StrCat("the instance name ", Quoted(name), " belongs to the application ",
                          Quoted(owner), " in the namespace ",
                          Quoted(application_.metadata.name_space)))
      .hint = "choose another instance name";
}

const ComponentRevision* Resolver::FindComponent(const std::string& name,
                                                 const std::string& pointer) {
  const ComponentRevision* found = environment_.component(name);
  if (found != nullptr) return found;
  model::Diagnostic& error =
      findings_.Error(pointer + "/componentName", "UNKNOWN_COMPONENT",
                      absl::StrCat("there is no component ", Quoted(name), " in the namespace ",
                                   Quoted(application_.metadata.name_space)));
  error.found = Quoted(name);
  const std::string nearest = model::Nearest(name, environment_.component_names());
  error.hint = nearest.empty() ? "apply the component first, or together with the application"
                               : absl::StrCat("write ", nearest);
  return nullptr;
}

const catalog::Type* Resolver::FindWorkload(const model::ComponentSchematic& component,
                                            const std::string& pointer) {
  const std::string& name = component.workload_type;
  const catalog::Type* found = environment_.types->Find(catalog::TypeKind::kWorkload, name);
  if (found != nullptr) return found;
  const TypeNames names(*environment_.types, catalog::TypeKind::kWorkload, name);
  model::Diagnostic& error = findings_.Error(
      pointer + "/componentName", "UNKNOWN_WORKLOAD_TYPE",
      absl::StrCat("no provider serves the workload type ", Quoted(name), " of the component ",
                   Quoted(component.metadata.name), "; served: ", names.served));
  error.found = Quoted(name);
  error.expected = names.served;
  if (!names.nearest.empty()) {
    error.hint = absl::StrCat("if the component means ", names.nearest, ", correct it there");
  }
  return nullptr;
}

// One word a feature, however often the component uses it.
void Resolver::CheckFeatures(const model::ComponentSchematic& component, const catalog::Type* type,
                             const std::string& pointer) {
  std::set<std::string> said;
  for (const UnsupportedFeature& feature : UnsupportedFeatures(component, type)) {
    if (!said.insert(feature.name).second) continue;
    std::string message =
        absl::StrCat("the component ", Quoted(component.metadata.name), " uses ", feature.name,
                     ", which ", feature.Fault(component.workload_type));
    if (!feature.essential) absl::StrAppend(&message, ": ", feature.consequence);
    findings_.Add(feature.essential ? model::Severity::kError : model::Severity::kWarning,
                  pointer + "/componentName", feature.Code(), std::move(message));
  }
}

void Resolver::Fill(const ComponentRevision& revision, const model::ApplicationComponent& use,
                    const std::string& pointer, const catalog::Type* type, WorkloadInstance& out) {
  const model::ComponentSchematic& component = revision.component;
  CheckFeatures(component, type, pointer);
  Parameters parameters(component, use, pointer, variables_, findings_);
  out.revision = revision.revision;
  out.os_type = component.os_type;
  out.arch = component.arch;
  const size_t before = out_.diagnostics.size();
  out.containers = FillContainers(component, parameters, findings_);
  const Settings settings = FillSettings(component, &parameters, findings_);
  out.properties = settings.properties;
  if (type == nullptr || out_.diagnostics.size() != before) return;
  if (!revision.checked && LacksContainers(component, type->name)) {
    findings_.Error(pointer + "/componentName", "MISSING_FIELD",
                    absl::StrCat("the component ", Quoted(component.metadata.name), " of type ",
                                 component.workload_type, " needs at least one container"));
  }
  for (const Violation& violation : Validate(settings.properties, type->schema)) {
    const std::string* parameter = settings.ParameterOf(violation);
    if (parameter == nullptr && revision.checked && violation.code != "BAD_SCHEMA") continue;
    const std::string given = parameter == nullptr ? "" : parameters.PlaceOf(*parameter);
    model::Diagnostic& error =
        findings_.Error(given.empty() ? pointer + "/componentName" : given, violation.code,
                        absl::StrCat("the workload settings of the component ",
                                     Quoted(component.metadata.name), ": ", violation.message));
    error.found = violation.found;
    error.expected = violation.expected;
  }
}

void Resolver::ResolveComponent(const model::ApplicationComponent& use,
                                const std::string& pointer) {
  WorkloadInstance instance;
  instance.key = absl::StrCat(application_.metadata.name_space, "/", application_.metadata.name,
                              "/", use.instance_name);
  instance.name = use.instance_name;
  instance.component_name = use.component_name;
  instance.pointer = pointer;
  CheckInstanceName(use.instance_name, pointer);
  CheckScopes(use, pointer);
  const ComponentRevision* revision = FindComponent(use.component_name, pointer);
  const catalog::Type* type = nullptr;
  if (revision != nullptr) {
    type = FindWorkload(revision->component, pointer);
    Fill(*revision, use, pointer, type, instance);
  }
  if (type != nullptr) instance.type = *type;
  instance.traits = ResolveTraits(use, {instance.key, pointer, type}, *environment_.types,
                                  variables_, document_, out_.diagnostics);
  out_.application.instances.push_back(std::move(instance));
}

}  // namespace

Resolved Resolve(const model::Document& document, const Environment& environment) {
  Resolved resolved;
  Resolver(document, environment, resolved).Run();
  return resolved;
}

}  // namespace weft::resolve
