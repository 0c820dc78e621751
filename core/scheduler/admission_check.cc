#include "core/scheduler/admission_check.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using resolve::ComponentRevision;
using store::v1::ComponentRecord;

void Append(model::Diagnostics from, model::Diagnostics& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

absl::StatusOr<CheckedComponent> CheckOne(const model::Document& document, store::Store& store,
                                          const catalog::TypeTable& types,
                                          model::Diagnostics& diagnostics) {
  Append(resolve::CheckComponent(document, types), diagnostics);
  CheckedComponent checked{.document = &document, .latest = {}, .revision = 1};
  const model::Metadata& metadata = document.metadata();
  absl::StatusOr<ComponentRecord> latest =
      catalog::LatestRevision(store, metadata.name_space, metadata.name);
  if (absl::IsNotFound(latest.status())) return checked;
  if (!latest.ok()) return latest.status();
  checked.revision = latest->revision() + (latest->document() == document.canonical ? 0 : 1);
  checked.latest = *std::move(latest);
  return checked;
}

// The components that one application may use.
class Components {
 public:
  Components(const std::string& ns, const std::vector<CheckedComponent>& given,
             const std::map<std::string, int64_t>& revisions, store::Store& store,
             catalog::DecodedRevisions& decoded)
      : ns_(ns), revisions_(revisions), store_(store), decoded_(decoded) {
    for (const CheckedComponent& component : given) {
      const model::Metadata& metadata = component.document->metadata();
      if (metadata.name_space != ns) continue;
      found_[metadata.name] = ComponentRevision{
          std::get<model::ComponentSchematic>(component.document->value), component.revision, true};
    }
  }

  const ComponentRevision* Find(const std::string& name) {
    const auto known = found_.find(name);
    if (known != found_.end()) return known->second.has_value() ? &*known->second : nullptr;
    std::optional<ComponentRevision>& slot = found_[name];
    const auto revision = revisions_.find(name);
    const bool pinned = revision != revisions_.end();
    const absl::StatusOr<ComponentRecord> record =
        pinned ? catalog::FindRevision(store_, ns_, name, revision->second)
               : catalog::LatestRevision(store_, ns_, name);
    if (!record.ok()) {
      if (pinned || !absl::IsNotFound(record.status())) error_ = record.status();
      return nullptr;
    }
    const auto component = decoded_.Read(*record);
    if (!component.ok()) {
      error_ = component.status();
      return nullptr;
    }
    if (!pinned) used_[name] = record->SerializeAsString();
    slot = ComponentRevision{**component, record->revision()};
    return &*slot;
  }

  // Of all components, which is to read the whole namespace; what Find did not find is none.
  std::vector<std::string> Names() {
    const auto stored = catalog::ComponentNames(store_, ns_);
    if (!stored.ok()) error_ = stored.status();
    std::set<std::string> all;
    if (stored.ok()) all.insert(stored->begin(), stored->end());
    for (const auto& [name, component] : found_)
      if (component.has_value()) all.insert(name);
    return std::vector<std::string>(all.begin(), all.end());
  }

  const absl::Status& error() const { return error_; }
  std::map<std::string, std::string>& used() { return used_; }

 private:
  const std::string ns_;
  const std::map<std::string, int64_t>& revisions_;
  store::Store& store_;
  catalog::DecodedRevisions& decoded_;
  std::map<std::string, std::optional<ComponentRevision>> found_;
  std::map<std::string, std::string> used_;
  absl::Status error_;
};

absl::StatusOr<CheckedApplication> CheckOne(const model::Document& document,
                                            const std::vector<CheckedComponent>& given,
                                            store::Store& store, const catalog::TypeTable& types,
                                            catalog::DecodedRevisions& decoded,
                                            const CheckRules& rules,
                                            model::Diagnostics& diagnostics) {
  const std::string ns = document.metadata().name_space;
  const std::string self = document.metadata().name;
  Components components(ns, given, rules.revisions, store, decoded);
  resolve::Environment environment;
  environment.types = &types;
  environment.component = [&](const std::string& name) { return components.Find(name); };
  environment.component_names = [&] { return components.Names(); };
  environment.owner = [&](const std::string& name) {
    const absl::StatusOr<std::string> owner = store.Get(store::InstanceKey(ns, name));
    return owner.ok() && *owner != self ? *owner : std::string();
  };
  resolve::Resolved resolved = resolve::Resolve(document, environment);
  WEFT_RETURN_IF_ERROR(components.error());
  Append(std::move(resolved.diagnostics), diagnostics);
  return CheckedApplication{&document, std::move(resolved.application),
                            std::move(components.used()), ""};
}

// An instance name belongs to one application; two of the same call are not in the store yet.
void CheckOwners(const std::vector<CheckedApplication>& applications,
                 model::Diagnostics& diagnostics) {
  std::map<std::string, std::string> owners;
  for (const CheckedApplication& application : applications) {
    const auto& resolved = application.resolved;
    for (const resolve::WorkloadInstance& instance : resolved.instances) {
      const std::string key = absl::StrCat(resolved.name_space, "/", instance.name);
      const auto [owner, fresh] = owners.emplace(key, resolved.name);
      if (fresh || owner->second == resolved.name) continue;
      model::Diagnostic error = model::Place(*application.document,
                                             instance.pointer + "/instanceName", model::At::kValue);
      error.code = "INSTANCE_OWNED";
      error.message = absl::StrCat("the instance name ", instance.name,
                                   " already belongs to the application ", owner->second);
      diagnostics.push_back(std::move(error));
    }
  }
}

// Where the application runs, as it is stored and as the document says. One that is being deleted
// runs nowhere.
absl::StatusOr<std::string> CheckPlace(const model::Document& document, store::Store& store,
                                       const RuntimeChoice& runtimes,
                                       model::Diagnostics& diagnostics) {
  const auto stored =
      ReadApplication(store, document.metadata().name_space, document.metadata().name);
  if (absl::IsNotFound(stored.status()))
    return ChooseRuntime(document, nullptr, runtimes, diagnostics);
  if (!stored.ok()) return stored.status();
  if (!stored->record.deleting())
    return ChooseRuntime(document, &stored->record, runtimes, diagnostics);
  model::Diagnostic error = model::Place(document, "/metadata/name", model::At::kValue);
  error.code = "BEING_DELETED";
  error.message = absl::StrCat("the application ", document.metadata().name, " is being deleted");
  error.hint = "apply it again when it is gone: weft get apps";
  diagnostics.push_back(std::move(error));
  return "";
}

// The place of what put the document into its namespace: the field, or, if the call's default did,
// the document's kind.
model::Diagnostic PlaceNamespace(const model::Document& document) {
  model::Diagnostic place = model::Place(document, "/metadata/namespace", model::At::kValue);
  const model::Diagnostic around = model::Place(document, "/metadata", model::At::kValue);
  // The place of a value that is not there is that of what would hold it.
  const bool written = std::pair(place.line, place.column) != std::pair(around.line, around.column);
  return written ? place : model::Place(document, "/kind", model::At::kValue);
}

void CheckNamespace(const model::Document& document, bool system, model::Diagnostics& diagnostics) {
  if (system || document.metadata().name_space != kSystemNamespace) return;
  model::Diagnostic error = PlaceNamespace(document);
  error.code = "SYSTEM_NAMESPACE";
  error.message = absl::StrCat("the namespace ", kSystemNamespace,
                               " is the installation's own: nothing can be applied there");
  error.found = kSystemNamespace;
  error.hint = "choose another namespace";
  diagnostics.push_back(std::move(error));
}

}  // namespace

absl::StatusOr<Checked> Check(const std::vector<model::Source>& sources,
                              const std::string& default_namespace, store::Store& store,
                              const catalog::TypeTable& types, catalog::DecodedRevisions& decoded,
                              const CheckRules& rules) {
  Checked checked;
  checked.decoded = model::Decode(sources, default_namespace);
  checked.diagnostics = checked.decoded.diagnostics;
  for (const model::Document& document : checked.decoded.documents)
    CheckNamespace(document, rules.system, checked.diagnostics);
  for (const model::Document& document : checked.decoded.documents) {
    if (!std::holds_alternative<model::ComponentSchematic>(document.value)) continue;
    WEFT_ASSIGN_OR_RETURN(CheckedComponent component,
                          CheckOne(document, store, types, checked.diagnostics));
    checked.components.push_back(std::move(component));
  }
  for (const model::Document& document : checked.decoded.documents) {
    if (!std::holds_alternative<model::ApplicationConfiguration>(document.value)) continue;
    WEFT_ASSIGN_OR_RETURN(std::string runtime,
                          CheckPlace(document, store, rules.runtimes, checked.diagnostics));
    WEFT_ASSIGN_OR_RETURN(
        CheckedApplication application,
        CheckOne(document, checked.components, store, types, decoded, rules, checked.diagnostics));
    application.runtime = std::move(runtime);
    checked.applications.push_back(std::move(application));
  }
  CheckOwners(checked.applications, checked.diagnostics);
  return checked;
}

}  // namespace weft::scheduler
