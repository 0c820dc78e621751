#pragma once

#include "plugins/sdk/provider.h"

// What a component becomes on a platform of pods, as Kubernetes writes it. Pure.
namespace weft::pods {

inline constexpr sdk::Carries kCarries = {.probes = true,
                                          .config_files = true,
                                          .ephemeral_volumes = true,
                                          .persistent_volumes = true,
                                          .image_pull_secrets = true};

// What such a workload may write: `own`, and what its pods mount (AddVolumeSources).
std::vector<sdk::Write> Writes(std::vector<sdk::Write> own);

// The pod template: all containers of the component, with what they mount (volumes.h). Each config
// file is mounted by itself, so that nothing else of its directory is hidden.
json::object PodTemplate(const sdk::WorkloadRequest& request);

// A Deployment or a StatefulSet of such pods, without a number of replicas.
json::object Scalable(const sdk::WorkloadRequest& request);

// The Deployment of the instance's name. With a volume that only one may have, all old pods are
// gone before a new one is made.
void AddDeployment(const sdk::WorkloadRequest& request, sdk::Parts& parts);

// The Service of the instance's name over all ports; without a port there is none, and a warning.
void AddService(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics,
                sdk::Parts& parts);

// Says which containers have a port though nobody calls a `what`.
void RefusePorts(const sdk::WorkloadRequest& request, const std::string& what,
                 sdk::Diagnostics& diagnostics);

}  // namespace weft::pods
