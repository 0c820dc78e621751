#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/mesh/provider_config.h"
#include "weft/core/v1/catalog.pb.h"
#include "weft/provider/v1/identity.pb.h"

// What the installation of a provider is made of (docs/adr/0013-installed-providers.md). Pure.
namespace weft::api {

// INVALID_ARGUMENT: the name is no DNS-1035 label, the port none, or no image is named.
absl::Status CheckInstallation(const core::v1::InstallProviderRequest& request);

// The YAML documents of the system application that runs the image. `artifact`: its digest. `core`:
// where the provider reaches the core over TCP; may be empty.
std::string InstallationDocuments(const core::v1::InstallProviderRequest& request,
                                  const std::string& artifact, const std::string& core);

// The provider's file, without the types that it may serve.
mesh::ProviderConfig InstallationConfig(const core::v1::InstallProviderRequest& request,
                                        const std::string& artifact);

// Everything that a person agrees to, and its digest: another one whenever anything of it is.
core::v1::InstallProviderResponse RequestedBy(const provider::v1::DescribeResponse& description,
                                              const std::string& artifact);

}  // namespace weft::api
