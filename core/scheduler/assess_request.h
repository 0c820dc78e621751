#pragma once

#include "core/scheduler/observed.h"
#include "core/scheduler/plan.h"
#include "core/store/records.pb.h"
#include "weft/provider/v1/render.pb.h"

namespace weft::scheduler {

// What the provider of a workload is asked with; one of its traits sees the same of its workload.
// Without the time. Pure.
provider::v1::AssessRequest MakeAssessRequest(const store::v1::InstanceRecord& record,
                                              const Inventory& inventory,
                                              const Observed::View& observed);

// What the provider of an instance that leaves is asked with. Without the time. Pure.
provider::v1::FinalizeRequest MakeFinalizeRequest(const store::v1::LeavingRecord& record,
                                                  const Inventory& inventory,
                                                  const Observed::View& observed);

}  // namespace weft::scheduler
