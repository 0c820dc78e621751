#pragma once

#include "plugins/sdk/provider.h"

namespace weft::ingress {

// Requests from outside, by host and path. Source: OAM v1alpha1, core traits, "Ingress".
extern const sdk::Trait kIngress;

}  // namespace weft::ingress
