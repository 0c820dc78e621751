#pragma once

#include "weft/core/v1/applications.pb.h"
#include "weft/runtime/v1/runtime.pb.h"

namespace weft::scheduler {

// What a pod's projection says, as users and providers are told: a pod is ready while all of its
// containers are and it is not being deleted. Pure.
core::v1::PodStatus ReadPodStatus(const runtime::v1::Projection& pod);

}  // namespace weft::scheduler
