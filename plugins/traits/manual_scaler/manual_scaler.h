#pragma once

#include "plugins/sdk/provider.h"

namespace weft::manual_scaler {

// A fixed number of replicas. Source: OAM v1alpha1, core traits, "Manual Scaler".
extern const sdk::Trait kManualScaler;

}  // namespace weft::manual_scaler
