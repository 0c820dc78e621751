// What the core does with documents by itself, without a provider or a store: decode, resolve,
// merge. In one thread, one call after the other.
#include <iostream>

#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "core/merge/merge.h"
#include "core/mesh/answer_check.h"
#include "core/scheduler/requests.h"
#include "plugins/sdk/convert.h"
#include "plugins/traits/manual_scaler/manual_scaler.h"
#include "plugins/workloads/server/server.h"
#include "tests/bench/input.h"
#include "tests/bench/load.h"

namespace weft::bench {
namespace {

constexpr int kComponents[] = {1, 6, 50};

absl::StatusOr<catalog::TypeTable> MakeTypes() {
  std::vector<catalog::Type> all;
  for (const provider::v1::Capability& capability :
       {sdk::ToProto(server::kServer), sdk::ToProto(manual_scaler::kManualScaler)}) {
    provider::v1::DescribeResponse description;
    description.add_protocol_versions("v1");
    *description.add_capabilities() = capability;
    WEFT_ASSIGN_OR_RETURN(const std::vector<catalog::Type> types,
                          mesh::ReadDescription("bench", description));
    all.insert(all.end(), types.begin(), types.end());
  }
  return catalog::TypeTable(all);
}

// One workload and what is to be merged into its objects.
struct Answers {
  merge::Workload workload;
  std::vector<std::vector<merge::Contribution>> stages;
};

// What the providers answer, who are asked here and now.
absl::StatusOr<std::vector<Answers>> Ask(const resolve::Application& application) {
  std::vector<Answers> all;
  for (const resolve::WorkloadInstance& instance : application.instances) {
    sdk::Diagnostics diagnostics;
    WEFT_ASSIGN_OR_RETURN(const sdk::WorkloadRequest workload,
                          sdk::FromProto(scheduler::MakeWorkloadRequest(application, instance)));
    WEFT_ASSIGN_OR_RETURN(
        const sdk::TraitRequest trait,
        sdk::FromProto(scheduler::MakeTraitRequest(application, instance, instance.traits[0], {})));
    const auto of_workload = sdk::ToProto(server::kServer.render(workload, diagnostics), {});
    const auto of_trait = sdk::ToProto(manual_scaler::kManualScaler.render(trait, diagnostics), {});
    if (!diagnostics.all().empty()) return absl::InternalError("render: a diagnostic");
    all.push_back({scheduler::MakeWorkload(application, instance),
                   {{scheduler::MakeContribution(instance.key, instance.type.writes, of_workload)},
                    {scheduler::MakeContribution(instance.traits[0].key,
                                                 instance.traits[0].type.writes, of_trait)}}});
  }
  return all;
}

bool MergeAll(const std::vector<Answers>& answers) {
  for (const Answers& of : answers) {
    const merge::Merged merged = merge::Merge(of.workload, of.stages);
    if (!merged.problems.empty() || merged.objects.size() != 2) return false;
  }
  return true;
}

// Measures `call`, which does everything before it returns whether it went well, and prints one
// line with the ratio to the figures of one component.
absl::StatusOr<Figures> Print(const std::string& name, int components,
                              const std::function<bool()>& call,
                              const std::optional<Figures>& of_one) {
  WEFT_ASSIGN_OR_RETURN(const Figures figures,
                        Measure({}, [&](const Done& done) { done(call()); }));
  std::cout << absl::StrFormat(R"({"bench":"%s","components":%d,"p50_us":%.1f,"p99_us":%.1f,)"
                               R"("allocations_per_call":%.1f,"ratio_to_1":%.2f})",
                               name, components, figures.p50_us, figures.p99_us,
                               figures.allocations_per_call,
                               figures.p50_us / of_one.value_or(figures).p50_us)
            << std::endl;
  return figures;
}

absl::Status Main() {
  WEFT_ASSIGN_OR_RETURN(const catalog::TypeTable types, MakeTypes());
  std::optional<Figures> decode, resolve, merge;  // Of one component.
  for (const int components : kComponents) {
    const std::string text = DocumentsText({.components = components});
    WEFT_ASSIGN_OR_RETURN(const model::Decoded decoded, DecodeDocuments(text));
    WEFT_ASSIGN_OR_RETURN(const resolve::Application application, ResolveDocuments(decoded, types));
    WEFT_ASSIGN_OR_RETURN(const std::vector<Answers> answers, Ask(application));
    WEFT_ASSIGN_OR_RETURN(
        const Figures decoding,
        Print(
            "decode", components, [&] { return DecodeDocuments(text).ok(); }, decode));
    WEFT_ASSIGN_OR_RETURN(
        const Figures resolving,
        Print(
            "resolve", components, [&] { return ResolveDocuments(decoded, types).ok(); }, resolve));
    WEFT_ASSIGN_OR_RETURN(const Figures merging,
                          Print(
                              "merge", components, [&] { return MergeAll(answers); }, merge));
    if (components == 1) decode = decoding, resolve = resolving, merge = merging;
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace weft::bench

int main() {
  const absl::Status status = weft::bench::Main();
  if (status.ok()) return 0;
  std::cerr << status << std::endl;
  return 1;
}
