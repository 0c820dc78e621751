#pragma once

#include <vector>

#include "plugins/sdk/provider.h"

namespace weft::faas {

// Functions: workloads that answer HTTP requests and are scaled to what is asked of them, from and
// to zero. One process serves both types, and runs the gateway that the requests come through.
// Source: docs/faas.md; openfaas.com/v1alpha2 as published for Rudr.
extern const std::vector<const sdk::Workload*> kFaas;

}  // namespace weft::faas
