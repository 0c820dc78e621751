#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/model/text.h"
#include "core/resolve/containers.h"
#include "core/resolve/features.h"
#include "core/resolve/findings.h"
#include "core/resolve/resolve.h"
#include "core/resolve/schema.h"
#include "core/resolve/settings.h"
#include "core/resolve/type_names.h"

// The checks that need no application.
namespace weft::resolve {
namespace {

// `type` is canonical.
void CheckContainers(const model::ComponentSchematic& component, const std::string& type,
                     Findings& findings) {
  if (!LacksContainers(component, type)) return;
  findings
      .Error("/spec/containers", "MISSING_FIELD",
             absl::StrCat("a component of type ", component.workload_type,
                          " needs at least one container"))
      .hint = "add \"containers\"";
}

void CheckType(const model::ComponentSchematic& component, const catalog::TypeTable& types,
               Findings& findings) {
  const std::string& type = component.workload_type;
  const catalog::Type* found = types.Find(catalog::TypeKind::kWorkload, type);
  CheckContainers(component, found == nullptr ? type : found->name, findings);
  if (found != nullptr) return CheckSettings(component, found->schema, findings);
  const TypeNames names(types, catalog::TypeKind::kWorkload, type);
  model::Diagnostic& warning =
      findings.Warning("/spec/workloadType", "UNKNOWN_WORKLOAD_TYPE",
                       absl::StrCat("no provider serves the workload type ", model::Quoted(type),
                                    "; until one does, no application can use the component"));
  warning.found = model::Quoted(type);
  warning.expected = names.served;
  if (!names.nearest.empty()) warning.hint = absl::StrCat("did you mean ", names.nearest, "?");
}

}  // namespace

model::Diagnostics CheckComponent(const model::Document& document,
                                  const catalog::TypeTable& types) {
  const auto& component = std::get<model::ComponentSchematic>(document.value);
  model::Diagnostics out;
  Findings findings(document, out);
  CheckType(component, types, findings);
  const catalog::Type* type = types.Find(catalog::TypeKind::kWorkload, component.workload_type);
  for (const UnsupportedFeature& feature : UnsupportedFeatures(component, type)) {
    findings.Warning(feature.pointer, feature.Code(),
                     absl::StrCat(feature.name, " ", feature.Fault(component.workload_type), ": ",
                                  feature.essential ? "no application can use the component"
                                                    : feature.consequence),
                     model::At::kKey);
  }
  return out;
}

model::Diagnostics CheckProperties(const json::value& properties, const json::value& schema,
                                   const model::Document& document, const std::string& pointer) {
  model::Diagnostics out;
  Findings findings(document, out);
  for (Violation& violation : Validate(properties, schema)) {
    model::Diagnostic& error = findings.Error(
        pointer + violation.pointer, std::move(violation.code), std::move(violation.message),
        violation.of_key ? model::At::kKey : model::At::kValue);
    error.found = std::move(violation.found);
    error.expected = std::move(violation.expected);
    error.hint = std::move(violation.hint);
  }
  return out;
}

}  // namespace weft::resolve
