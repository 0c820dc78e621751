#pragma once

#include "plugins/sdk/provider.h"

namespace weft::cron_hpa {

// Replicas by the clock. Source: Kubernetes CronHPA as published, with its defects put right
// (README.md).
extern const sdk::Trait kCronHpa;

}  // namespace weft::cron_hpa
