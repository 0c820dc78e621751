#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/scheduler/observed.h"
#include "core/scheduler/plan.h"
#include "core/store/records.pb.h"
#include "weft/core/v1/instances.pb.h"

// Instances as the providers that live in time see them (weft.core.v1.Instances). Pure.
namespace weft::scheduler {

// Everything that the live instances of one application are made of.
struct LiveInput {
  const store::v1::ApplicationRecord& record;
  const Inventory& inventory;
  const std::map<std::string, store::v1::DesiredRecord>& desired;  // By store::ObjectKey.
  const std::map<std::string, store::v1::ReportRecord>& reports;   // By instance key.
  const Observed::View& observed;
  provider::v1::Target target;
};

// The workloads and traits of the application that are of one of `types`, in its order; none, if it
// is being deleted.
std::vector<core::v1::LiveInstance> MakeLiveInstances(const LiveInput& input,
                                                      const std::set<std::string>& types);

// The workload or trait `key` of the application; null: it has none such. Points into `record`.
const provider::v1::Instance* FindInstance(const store::v1::ApplicationRecord& record,
                                           const std::string& key);

// Whether an instance of the application is of one of `types`.
bool HasInstances(const store::v1::ApplicationRecord& record, const std::set<std::string>& types);

}  // namespace weft::scheduler
