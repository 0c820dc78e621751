#pragma once

#include "plugins/sdk/provider.h"

namespace weft::auto_scaler {

// As many replicas as what they use asks for. Source: OAM v1alpha1, core traits, "Autoscaler".
extern const sdk::Trait kAutoScaler;

}  // namespace weft::auto_scaler
