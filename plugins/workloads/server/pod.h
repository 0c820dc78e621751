#pragma once

#include "plugins/sdk/provider.h"

// The pods of a component, as Kubernetes writes them. Pure.
namespace weft::server {

// What `containers[]` of the component become, with `labels`. Config files come from the ConfigMap
// of the instance's name, each by itself, so that nothing else of their directory is hidden.
// A changed file changes the template too: pods are made anew.
json::object PodTemplate(const sdk::WorkloadRequest& request, const json::object& labels);

// The `data` of that ConfigMap; empty: no container has config files.
json::object ConfigData(const sdk::WorkloadRequest& request);

// Says which paths of config files and volumes cannot be.
void CheckFiles(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics);

}  // namespace weft::server
