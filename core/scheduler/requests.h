#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/merge/merge.h"
#include "core/resolve/resolve.h"
#include "core/scheduler/readings.h"
#include "core/store/records.pb.h"
#include "weft/provider/v1/render.pb.h"

// From what resolution found to what providers are asked and what the store keeps. Pure.
namespace weft::scheduler {

// Of `readings`, and of `objects` below, only what the type reads is in a request.
provider::v1::RenderWorkloadRequest MakeWorkloadRequest(const resolve::Application& application,
                                                        const resolve::WorkloadInstance& workload,
                                                        const Readings& readings = {});

// `objects` are the workload's as they stand before the trait.
provider::v1::RenderTraitRequest MakeTraitRequest(const resolve::Application& application,
                                                  const resolve::WorkloadInstance& workload,
                                                  const resolve::TraitInstance& trait,
                                                  const std::vector<merge::MergedObject>& objects,
                                                  const Readings& readings = {});

// The parts of a checked answer.
merge::Contribution MakeContribution(const std::string& owner,
                                     const std::vector<catalog::Write>& writes,
                                     const provider::v1::RenderResponse& answer);

merge::Workload MakeWorkload(const resolve::Application& application,
                             const resolve::WorkloadInstance& workload);

common::v1::ObjectRef MakeRef(const merge::ObjectRef& ref);

// What the store keeps of an instance, which bears `objects`; but for when it was attached.
store::v1::InstanceRecord MakeInstanceRecord(const resolve::Application& application,
                                             const resolve::WorkloadInstance& workload,
                                             const std::vector<merge::MergedObject>& objects);

store::v1::DesiredRecord MakeDesiredRecord(const std::string& owner,
                                           const merge::MergedObject& object);

// The object that MakeDesiredRecord was given, but for who gave the seeds, which is not stored.
// DATA_LOSS: it cannot be read.
absl::StatusOr<merge::MergedObject> ReadDesiredRecord(const store::v1::DesiredRecord& record);

}  // namespace weft::scheduler
