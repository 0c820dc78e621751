#pragma once

#include <string>
#include <vector>

#include "runtime/engine/engine.h"

// Logins for registries, as `docker login` and `podman login` write them and Secrets of the type
// kubernetes.io/dockerconfigjson hold them: {"auths": {"registry.example.org": {"auth": …}}}.
namespace weft::local {

// The registry that an image comes from: "docker.io", "registry.example.org:5000".
std::string RegistryOf(const std::string& image);

// The logins of `configs`, texts of that form, that are for an image: those for more of its name
// first (a key may go on with a path, "quay.io/team"), then in the order of the texts. A text that
// is none has none. Source: Kubernetes, pkg/credentialprovider.
std::vector<engine::RegistryLogin> LoginsFor(const std::string& image,
                                             const std::vector<std::string>& configs);

// Whether one of `configs` says that a program (a credential helper) has the login for an image's
// registry. None is run.
bool HasHelperFor(const std::string& image, const std::vector<std::string>& configs);

// The texts of the files where the logins of this process's user stand: REGISTRY_AUTH_FILE;
// config.json of DOCKER_CONFIG or ~/.docker; containers/auth.json of XDG_RUNTIME_DIR, of
// /run/containers/UID and of ~/.config. Read anew each time.
std::vector<std::string> MachineLogins();

}  // namespace weft::local
