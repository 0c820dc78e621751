#include "core/cli/listing.h"

#include <algorithm>
#include <google/protobuf/util/json_util.h>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/cli/status_tree.h"
#include "core/cli/text.h"

namespace weft::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string AgeOf(bool known, const google::protobuf::Timestamp& time, absl::Time now) {
  return known ? FormatAge(now - absl::FromUnixSeconds(time.seconds())) : "-";
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

// A table, or that there is nothing.
std::string TableOf(Rows rows, bool namespaces, const char* nothing) {
  if (rows.size() == 1) return absl::StrCat(nothing, "\n");
  if (!namespaces) {
    for (std::vector<std::string>& row : rows) row.erase(row.begin());
  }
  return RenderTable(rows);
}

// The first digits are enough to tell artifacts and images apart.
std::string ShortDigest(const std::string& digest) {
  const size_t colon = digest.find(':');
  return OrDash(colon == std::string::npos ? digest : digest.substr(colon + 1, 12));
}

}  // namespace

std::string SizeText(int64_t bytes) {
  return bytes < 1000 * 1000 ? absl::StrFormat("%.0f kB", static_cast<double>(bytes) / 1e3)
                             : absl::StrFormat("%.1f MB", static_cast<double>(bytes) / 1e6);
}

std::vector<std::string> ApplicationsHeading() {
  return {"NAMESPACE", "NAME", "HEALTH", "COMPONENTS", "PODS READY", "RUNTIME", "AGE"};
}

std::vector<std::string> ApplicationRow(const core::v1::Application& application, absl::Time now) {
  int64_t pods = 0, ready = 0;
  for (const core::v1::ComponentStatus& component : application.components()) {
    pods += component.pods_size();
    for (const core::v1::PodStatus& pod : component.pods()) ready += pod.ready() ? 1 : 0;
  }
  return {application.namespace_(),
          application.name(),
          application.deleting() ? "DELETING" : VerdictName(application.health().verdict()),
          absl::StrCat(application.components_size()),
          absl::StrCat(ready, "/", pods),
          OrDash(application.runtime()),
          AgeOf(application.has_created(), application.created(), now)};
}

std::string RenderApplications(const core::v1::ListApplicationsResponse& list, bool namespaces,
                               absl::Time now) {
  Rows rows = {ApplicationsHeading()};
  for (const core::v1::Application& application : list.applications())
    rows.push_back(ApplicationRow(application, now));
  return TableOf(std::move(rows), namespaces, "no applications");
}

std::string RenderComponents(const core::v1::ListComponentsResponse& list, bool namespaces,
                             absl::Time now) {
  Rows rows = {{"NAMESPACE", "NAME", "REVISION", "WORKLOAD TYPE", "SERVED", "AGE"}};
  for (const core::v1::Component& component : list.components()) {
    rows.push_back({component.namespace_(), component.name(), absl::StrCat(component.revision()),
                    component.workload_type(), component.served() ? "yes" : "no",
                    AgeOf(component.has_created(), component.created(), now)});
  }
  return TableOf(std::move(rows), namespaces, "no components");
}

std::string RenderTypes(const core::v1::ListTypesResponse& list) {
  Rows rows = {{"", "KIND", "TYPE", "PROVIDER", "APPLIES TO", "SUMMARY"}};
  for (const core::v1::Type& type : list.types()) {
    std::string kind = type.kind();
    std::transform(kind.begin(), kind.end(), kind.begin(),
                   [](unsigned char c) { return static_cast<char>(tolower(c)); });
    rows.push_back({"", kind, type.type(), type.provider(),
                    OrDash(absl::StrJoin(type.applies_to(), ",")), type.summary()});
  }
  return TableOf(std::move(rows), false, "no types: no provider has described itself yet");
}

std::string RenderProviders(const core::v1::ListProvidersResponse& list) {
  Rows rows = {{"", "NAME", "AVAILABLE", "VERSION", "ARTIFACT", "TYPES"}};
  std::string reasons;
  for (const core::v1::Provider& provider : list.providers()) {
    rows.push_back({"", provider.name(), provider.available() ? "yes" : "no",
                    OrDash(provider.version()), ShortDigest(provider.artifact()),
                    OrDash(absl::StrJoin(provider.types(), ","))});
    if (!provider.message().empty())
      absl::StrAppend(&reasons, provider.name(), ": ", provider.message(), "\n");
  }
  return TableOf(std::move(rows), false, "no providers") + reasons;
}

std::string RenderRuntimes(const core::v1::ListRuntimesResponse& list) {
  Rows rows = {{"", "NAME", "PLATFORM", "VERSION", "AVAILABLE", "DEFAULT", "MESSAGE"}};
  for (const core::v1::RuntimeInfo& runtime : list.runtimes()) {
    std::vector<std::string> defaults;
    if (runtime.default_()) defaults.emplace_back("yes");
    if (runtime.namespaces_size() > 0)
      defaults.push_back(absl::StrCat("of ", absl::StrJoin(runtime.namespaces(), ",")));
    rows.push_back(
        {"", runtime.name(),
         OrDash(absl::StrCat(runtime.platform(), runtime.platform_version().empty() ? "" : " ",
                             runtime.platform_version())),
         OrDash(runtime.version()), runtime.available() ? "yes" : "no",
         defaults.empty() ? "no" : absl::StrJoin(defaults, ", "), OrDash(runtime.message())});
  }
  return TableOf(std::move(rows), false, "no runtimes");
}

std::string RenderOrphans(const core::v1::ListOrphansResponse& list) {
  Rows rows = {{"", "RUNTIME", "OBJECT", "NAMESPACE", "OWNER"}};
  for (const core::v1::Orphan& orphan : list.orphans()) {
    rows.push_back({"", orphan.runtime(),
                    absl::StrCat(orphan.ref().kind(), "/", orphan.ref().name()),
                    OrDash(orphan.ref().namespace_()), OrDash(orphan.owner())});
  }
  return TableOf(std::move(rows), false, "no orphans");
}

std::string RenderImages(const runtime::v1::ListImagesResponse& list, absl::Time now) {
  Rows rows = {{"", "IMAGE", "ID", "SIZE", "AGE"}};
  for (const runtime::v1::ListImagesResponse::Image& image : list.images()) {
    const std::string age = AgeOf(image.has_created(), image.created(), now);
    for (const std::string& reference : image.references())
      rows.push_back({"", reference, ShortDigest(image.id()), SizeText(image.size_bytes()), age});
    if (image.references().empty())
      rows.push_back({"", "-", ShortDigest(image.id()), SizeText(image.size_bytes()), age});
  }
  return TableOf(std::move(rows), false, "no images");
}

bool IsError(const common::v1::Diagnostic& diagnostic) {
  return diagnostic.severity() != common::v1::SEVERITY_WARNING &&
         diagnostic.severity() != common::v1::SEVERITY_NOTE;
}

std::string RenderDiagnostic(const common::v1::Diagnostic& diagnostic) {
  std::string out = diagnostic.document();
  if (!out.empty() && diagnostic.line() > 0) {
    absl::StrAppend(&out, ":", diagnostic.line());
    if (diagnostic.column() > 0) absl::StrAppend(&out, ":", diagnostic.column());
  }
  if (!out.empty()) out += ": ";
  const bool warning = diagnostic.severity() == common::v1::SEVERITY_WARNING;
  absl::StrAppend(&out,
                  IsError(diagnostic) ? "error"
                  : warning           ? "warning"
                                      : "note",
                  ": ", diagnostic.message(), "\n");
  if (!diagnostic.hint().empty()) absl::StrAppend(&out, "  hint: ", diagnostic.hint(), "\n");
  return out;
}

std::string RenderChange(const core::v1::ApplyResponse::Change& change, bool dry_run) {
  using Change = core::v1::ApplyResponse;
  const bool component = absl::StartsWith(change.kind(), "Component");
  const bool application = absl::StartsWith(change.kind(), "Application");
  std::string out = component ? "component" : application ? "application" : change.kind();
  if (change.namespace_() != "default") absl::StrAppend(&out, "/", change.namespace_());
  absl::StrAppend(&out, "/", change.name());
  const char* action = "accepted";
  if (change.action() == Change::ACTION_UNCHANGED) return out + " unchanged\n";
  if (change.action() == Change::ACTION_CREATED) action = dry_run ? "would be created" : "created";
  if (change.action() == Change::ACTION_UPDATED) action = dry_run ? "would be updated" : "updated";
  absl::StrAppend(&out, " ", action, " (", component ? "revision " : "generation ",
                  change.revision(), ")\n");
  return out;
}

std::string RenderJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  // It fails only for Any fields of unknown types, which no message of ours has.
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) json = "{}\n";
  return json;
}

std::string RenderJsonLine(const google::protobuf::Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) json = "{}";
  return json + "\n";
}

}  // namespace weft::cli
