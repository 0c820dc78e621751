#pragma once

#include "plugins/sdk/provider.h"

// What the containers of a component mount, on a platform of pods: config files, and volumes that
// go with their replica or outlive it. Pure.
namespace weft::pods {

// Of one container.
json::array VolumeMounts(const sdk::Container& container);

// Of the pod. Config files and claims are the objects of AddVolumeSources.
json::array Volumes(const sdk::WorkloadRequest& request);

// Of all config files; empty: there are none. What a pod template says of it changes with them, so
// that pods are made anew.
std::string ConfigHash(const sdk::WorkloadRequest& request);

// A volume that outlives its replica, that it writes to, and that no other may have.
bool HasExclusiveVolume(const sdk::WorkloadRequest& request);

// The PersistentVolumeClaim of an instance for its volume `volume`, a DNS label.
std::string ClaimName(const std::string& instance, const std::string& volume);

// The ConfigMap of the instance's name, if the component has config files, and a claim for each
// volume that outlives its replica; says what of files and volumes cannot be.
void AddVolumeSources(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics,
                      sdk::Parts& parts);

}  // namespace weft::pods
