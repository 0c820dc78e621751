#pragma once

#include "plugins/sdk/provider.h"

// What a component becomes on a platform of pods, as Kubernetes writes it. Pure.
namespace weft::pods {

inline constexpr sdk::Carries kCarries = {
    .probes = true, .config_files = true, .ephemeral_volumes = true};

// The pod template: all containers of the component. Config files come from the ConfigMap of
// AddConfig, each by itself, so that nothing else of their directory is hidden; a changed file
// changes the template too, so that pods are made anew.
json::object PodTemplate(const sdk::WorkloadRequest& request);

// A Deployment or a StatefulSet of such pods, without a number of replicas.
json::object Scalable(const sdk::WorkloadRequest& request);

// The ConfigMap of the instance's name, if the component has config files; says which paths of
// files and volumes cannot be.
void AddConfig(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics,
               sdk::Parts& parts);

// The Service of the instance's name over all ports; without a port there is none, and a warning.
void AddService(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics,
                sdk::Parts& parts);

// Says which containers have a port though nobody calls a `what`.
void RefusePorts(const sdk::WorkloadRequest& request, const std::string& what,
                 sdk::Diagnostics& diagnostics);

}  // namespace weft::pods
