#include "core/catalog/components.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/model/decode.h"
#include "core/store/keys.h"

namespace weft::catalog {

using store::v1::ComponentRecord;

absl::StatusOr<ComponentRecord> LatestRevision(store::Store& store, const std::string& ns,
                                               const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, store.Get(store::ComponentKey(ns, name)));
  ComponentRecord record;
  if (!record.ParseFromString(bytes))
    return absl::DataLossError(
        absl::StrCat("the stored component ", ns, "/", name, " cannot be read"));
  return record;
}

absl::StatusOr<ComponentRecord> FindRevision(store::Store& store, const std::string& ns,
                                             const std::string& name, int64_t revision) {
  const absl::StatusOr<std::string> bytes = store.Get(store::RevisionKey(ns, name, revision));
  if (absl::IsNotFound(bytes.status()))
    return absl::FailedPreconditionError(absl::StrCat("revision ", revision, " of the component ",
                                                      name, " is not kept any more: apply again"));
  if (!bytes.ok()) return bytes.status();
  ComponentRecord record;
  if (!record.ParseFromString(*bytes))
    return absl::DataLossError(absl::StrCat("revision ", revision, " of the stored component ", ns,
                                            "/", name, " cannot be read"));
  return record;
}

absl::StatusOr<std::vector<std::string>> ComponentNames(store::Store& store,
                                                        const std::string& ns) {
  const std::string prefix = store::ComponentKey(ns, "");
  WEFT_ASSIGN_OR_RETURN(const auto entries, store.List(prefix));
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto& [key, bytes] : entries) names.push_back(key.substr(prefix.size()));
  return names;
}

absl::StatusOr<model::ComponentSchematic> ReadRevision(const ComponentRecord& record) {
  model::Decoded decoded = model::Decode({{record.name(), record.document()}}, record.name_space());
  if (decoded.documents.size() == 1) {
    if (auto* component = std::get_if<model::ComponentSchematic>(&decoded.documents[0].value))
      return std::move(*component);
  }
  return absl::DataLossError(absl::StrCat(
      "the stored component ", record.name_space(), "/", record.name(), ", revision ",
      record.revision(), ", cannot be read: ",
      decoded.diagnostics.empty() ? "it is no component" : decoded.diagnostics[0].message));
}

ComponentRecord PutRevision(const model::Document& component, const ComponentRecord* latest,
                            int64_t now_unix_ms, store::Transaction& transaction) {
  const model::Metadata& metadata = component.metadata();
  ComponentRecord record;
  record.set_name_space(metadata.name_space);
  record.set_name(metadata.name);
  record.set_revision(latest == nullptr ? 1 : latest->revision() + 1);
  record.set_document(component.canonical);
  record.set_workload_type(std::get<model::ComponentSchematic>(component.value).workload_type);
  record.set_created_unix_ms(now_unix_ms);
  const std::string key = store::ComponentKey(metadata.name_space, metadata.name);
  const std::string bytes = record.SerializeAsString();
  transaction.Expect(key,
                     latest == nullptr ? std::nullopt : std::optional(latest->SerializeAsString()));
  transaction.Put(key, bytes);
  transaction.Put(store::RevisionKey(metadata.name_space, metadata.name, record.revision()), bytes);
  if (const int64_t oldest = record.revision() - kKeptRevisions; oldest > 0)
    transaction.Delete(store::RevisionKey(metadata.name_space, metadata.name, oldest));
  return record;
}

}  // namespace weft::catalog
