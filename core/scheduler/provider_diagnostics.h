#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/merge/merge.h"
#include "core/model/document.h"
#include "core/resolve/resolve.h"
#include "weft/common/v1/common.pb.h"
#include "weft/provider/v1/render.pb.h"

// What providers and the merge say of an application, at its place in the documents. Pure.
namespace weft::scheduler {

// The instance that something is said of.
struct Placement {
  const model::Document& application;
  const std::map<std::string, model::Document>& components;  // Of the same call, by name.
  const resolve::WorkloadInstance& workload;
  const resolve::TraitInstance* trait;  // Null: the workload itself.
};

// Whether one of them is an error; an unknown severity is one.
bool HasError(const google::protobuf::RepeatedPtrField<common::v1::Diagnostic>& diagnostics);

// Adds the provider's own diagnostics; an error if the call failed or the answer is not ready; a
// warning if the answer stands though the provider is away, which `why_away` says (empty: it is
// not).
void ReportAnswer(const Placement& placement,
                  const absl::StatusOr<provider::v1::RenderResponse>& answer,
                  const std::string& why_away, model::Diagnostics& diagnostics);

// What stands in for the answer of a trait that may do without (catalog::Type::optional).
enum class StandIn {
  kNothing,    // It is applied without.
  kLastParts,  // What it made before.
  kUnfit,      // That does not merge any more: as if it could not do without.
};

// Adds what became of a trait whose call failed, as ReportAnswer says why: a warning, or, of
// kUnfit, an error.
void ReportStandIn(const Placement& trait, const absl::Status& failed, const std::string& why_away,
                   StandIn stand_in, model::Diagnostics& diagnostics);

// Adds what became of an instance whose provider has no answer yet, which may pass: its own
// diagnostics and a warning, or, of kUnfit, an error.
void ReportWaiting(const Placement& placement, const provider::v1::RenderResponse& answer,
                   StandIn stand_in, model::Diagnostics& diagnostics);

// Adds an error for each problem of a merge, at the place of the workload or trait whose fault it
// is.
void ReportProblems(const Placement& workload, const std::vector<merge::Problem>& problems,
                    model::Diagnostics& diagnostics);

// Adds a warning for each value that is only what a steered leaf starts with, at the place of the
// workload or trait that gives it.
void ReportSteered(const Placement& workload, const std::vector<merge::MergedObject>& objects,
                   model::Diagnostics& diagnostics);

common::v1::Diagnostic ToProto(const model::Diagnostic& diagnostic);

}  // namespace weft::scheduler
