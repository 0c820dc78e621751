#include "core/scheduler/provider_diagnostics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/mesh/not_asked.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;

// Where a provider's `pointer` points: into the trait's properties, or into the component.
model::Diagnostic PlaceOf(const Placement& at, const std::string& pointer) {
  if (at.trait != nullptr) {
    const std::string below = pointer.empty() ? "" : absl::StrCat("/properties", pointer);
    return model::Place(at.application, at.trait->pointer + below, model::At::kValue);
  }
  const auto component = at.components.find(at.workload.component_name);
  if (component != at.components.end())
    return model::Place(component->second, absl::StrCat("/spec", pointer), model::At::kValue);
  return model::Place(at.application, at.workload.pointer, model::At::kValue);
}

std::string Subject(const Placement& at) {
  return at.trait != nullptr
             ? absl::StrCat("the trait ", at.trait->type.name, " of ", at.workload.name)
             : absl::StrCat("the workload ", at.workload.name);
}

std::string ProviderOf(const Placement& at) {
  return at.trait != nullptr ? at.trait->type.provider : at.workload.type.provider;
}

// Why there is no answer.
std::string ReasonOf(const Placement& at, const absl::Status& failed, const std::string& why_away) {
  if (!why_away.empty()) return why_away;
  return absl::StrCat("the provider ", ProviderOf(at), " ", mesh::WhatFailed(failed));
}

model::Diagnostic& Add(const Placement& at, model::Severity severity, std::string code,
                       std::string message, model::Diagnostics& diagnostics) {
  model::Diagnostic diagnostic =
      model::Place(at.application, at.trait != nullptr ? at.trait->pointer : at.workload.pointer,
                   model::At::kValue);
  diagnostic.severity = severity;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  return diagnostics.emplace_back(std::move(diagnostic));
}

// The place of the instance `key`: a trait of the workload, or itself.
Placement PlaceOfInstance(const Placement& workload, const std::string& key) {
  const auto& traits = workload.workload.traits;
  const auto trait =
      std::find_if(traits.begin(), traits.end(), [&](const auto& t) { return t.key == key; });
  return {workload.application, workload.components, workload.workload,
          trait == traits.end() ? nullptr : &*trait};
}

void AddProviders(const Placement& at, const common::v1::Diagnostic& from,
                  model::Diagnostics& diagnostics) {
  model::Diagnostic to = PlaceOf(at, from.pointer());
  to.severity = from.severity() == common::v1::SEVERITY_WARNING ? model::Severity::kWarning
                : from.severity() == common::v1::SEVERITY_NOTE  ? model::Severity::kNote
                                                                : model::Severity::kError;
  to.code = from.code();
  to.message = from.message();
  to.found = from.found();
  to.expected = from.expected();
  to.hint = from.hint();
  diagnostics.push_back(std::move(to));
}

}  // namespace

bool HasError(const google::protobuf::RepeatedPtrField<common::v1::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const auto& diagnostic) {
    return diagnostic.severity() != common::v1::SEVERITY_WARNING &&
           diagnostic.severity() != common::v1::SEVERITY_NOTE;
  });
}

void ReportAnswer(const Placement& at, const absl::StatusOr<pb::RenderResponse>& answer,
                  const std::string& why_away, model::Diagnostics& diagnostics) {
  if (!answer.ok()) {
    Add(at, model::Severity::kError, "PROVIDER_FAILED",
        absl::StrCat(Subject(at), " cannot be rendered: ", ReasonOf(at, answer.status(), why_away)),
        diagnostics);
    return;
  }
  for (const common::v1::Diagnostic& diagnostic : answer->diagnostics())
    AddProviders(at, diagnostic, diagnostics);
  if (answer->outcome() == pb::OUTCOME_NOT_READY) {
    Add(at, model::Severity::kError, "NOT_READY",
        absl::StrCat(Subject(at), " cannot be rendered yet: ", answer->reason()), diagnostics);
  } else if (!why_away.empty()) {
    Add(at, model::Severity::kWarning, "PROVIDER_AWAY",
        absl::StrCat(why_away, "; its earlier answer for ", Subject(at), " is used"), diagnostics);
  }
}

void ReportStandIn(const Placement& trait, const absl::Status& failed, const std::string& why_away,
                   StandIn stand_in, model::Diagnostics& diagnostics) {
  const std::string subject = Subject(trait), reason = ReasonOf(trait, failed, why_away);
  if (stand_in == StandIn::kUnfit) {
    Add(trait, model::Severity::kError, "PROVIDER_FAILED",
        absl::StrCat(
            subject,
            " cannot be rendered, and what it made before does not fit any more: ", reason),
        diagnostics);
    return;
  }
  const bool kept = stand_in == StandIn::kLastParts;
  Add(trait, model::Severity::kWarning, kept ? "TRAIT_KEPT" : "TRAIT_LEFT_OUT",
      absl::StrCat(subject, kept ? " stays as it was applied before: " : " is left out: ", reason),
      diagnostics)
      .hint = "apply again when the provider is back";
}

void ReportWaiting(const Placement& at, const pb::RenderResponse& answer, StandIn stand_in,
                   model::Diagnostics& diagnostics) {
  for (const common::v1::Diagnostic& diagnostic : answer.diagnostics())
    AddProviders(at, diagnostic, diagnostics);
  const bool unfit = stand_in == StandIn::kUnfit;
  const char* meanwhile = unfit ? ", and what it was does not fit any more: "
                          : stand_in == StandIn::kLastParts ? " and stays as it was: "
                                                            : " and is left out until then: ";
  Add(at, unfit ? model::Severity::kError : model::Severity::kWarning, "NOT_READY",
      absl::StrCat(Subject(at), " is not ready", meanwhile, answer.reason()), diagnostics);
}

void ReportProblems(const Placement& workload, const std::vector<merge::Problem>& problems,
                    model::Diagnostics& diagnostics) {
  for (const merge::Problem& problem : problems) {
    Add(PlaceOfInstance(workload, problem.owner), model::Severity::kError, problem.code,
        problem.message, diagnostics);
  }
}

void ReportSteered(const Placement& workload, const std::vector<merge::MergedObject>& objects,
                   model::Diagnostics& diagnostics) {
  for (const merge::MergedObject& object : objects) {
    for (const merge::SteeredLeaf& leaf : object.steered) {
      if (leaf.seed_owner.empty() || leaf.seed_owner == leaf.owner) continue;
      const Placement steerer = PlaceOfInstance(workload, leaf.owner);
      Add(PlaceOfInstance(workload, leaf.seed_owner), model::Severity::kWarning, "STEERED_VALUE",
          absl::StrCat(
              object.ref.kind, "/", object.ref.name, " ", leaf.pointer, ": ",
              json::Canonical(leaf.seed), " is only what it starts with: ",
              steerer.trait != nullptr ? steerer.trait->type.name : workload.workload.type.name,
              " steers it"),
          diagnostics);
    }
  }
}

common::v1::Diagnostic ToProto(const model::Diagnostic& from) {
  common::v1::Diagnostic to;
  to.set_severity(from.severity == model::Severity::kError     ? common::v1::SEVERITY_ERROR
                  : from.severity == model::Severity::kWarning ? common::v1::SEVERITY_WARNING
                                                               : common::v1::SEVERITY_NOTE);
  to.set_code(from.code);
  to.set_message(from.message);
  to.set_document(from.document);
  to.set_pointer(from.pointer);
  to.set_line(from.line);
  to.set_column(from.column);
  to.set_found(from.found);
  to.set_expected(from.expected);
  to.set_hint(from.hint);
  return to;
}

}  // namespace weft::scheduler
