#include "core/api/installation.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/base/json.h"
#include "core/model/names.h"
#include "core/scheduler/application_key.h"
#include "deploy/system/provider.yaml.h"

namespace weft::api {

namespace pb = ::weft::provider::v1;
using core::v1::InstallProviderRequest;
using core::v1::InstallProviderResponse;
using scheduler::kSystemNamespace;

namespace {

constexpr int kDefaultPort = 50051;

std::string TextOf(const pb::Write& write) {
  std::string mode = pb::WriteMode_Name(write.mode());
  mode = mode.substr(sizeof("WRITE_MODE_") - 1);
  return absl::StrCat(mode, " ", write.api_version(), "/", write.kind(),
                      write.pointer().empty() ? "" : " ", write.pointer());
}

void AddType(const pb::Capability& capability, InstallProviderResponse& response) {
  core::v1::RequestedType* type = response.add_types();
  type->set_kind(capability.kind() == pb::CAPABILITY_KIND_TRAIT ? "TRAIT" : "WORKLOAD");
  type->set_type(capability.type());
  type->set_summary(capability.summary());
  *type->mutable_aliases() = capability.aliases();
  *type->mutable_applies_to() = capability.applies_to();
  for (const pb::Write& write : capability.writes()) type->add_writes(TextOf(write));
  for (const int feature : capability.features()) {
    const std::string name = pb::Feature_Name(static_cast<pb::Feature>(feature));
    if (name.starts_with("FEATURE_")) type->add_features(name.substr(sizeof("FEATURE_") - 1));
  }
}

}  // namespace

absl::Status CheckInstallation(const InstallProviderRequest& request) {
  if (!model::IsInstanceName(request.name()))
    return absl::InvalidArgumentError(absl::StrCat(
        "'", request.name(), "' is no name of a provider: ", model::kInstanceNameRule));
  if (request.name() == "core")
    return absl::InvalidArgumentError("'core' is the core's own name: choose another with --name");
  if (request.port() < 0 || request.port() > 65535)
    return absl::InvalidArgumentError(absl::StrCat(request.port(), " is no port"));
  if (request.image().empty()) return absl::InvalidArgumentError("an image must be named");
  return absl::OkStatus();
}

std::string InstallationDocuments(const InstallProviderRequest& request,
                                  const std::string& artifact, const std::string& core) {
  // A JSON string is a YAML scalar.
  return absl::StrReplaceAll(
      kProviderApplication,
      {{"{{NAME}}", request.name()},
       {"{{PORT}}", std::to_string(request.port() == 0 ? kDefaultPort : request.port())},
       {"{{IMAGE}}", json::Canonical(json::value(request.image()))},
       {"{{CORE}}", json::Canonical(json::value(core))},
       {"{{ARTIFACT}}", json::Canonical(json::value(artifact))}});
}

mesh::ProviderConfig InstallationConfig(const InstallProviderRequest& request,
                                        const std::string& artifact) {
  mesh::ProviderConfig config;
  config.name = request.name();
  config.application = absl::StrCat(kSystemNamespace, "/", request.name());
  config.port = request.port() == 0 ? kDefaultPort : request.port();
  config.identity = absl::StrCat("provider/", request.name());
  config.artifact = artifact;
  return config;
}

InstallProviderResponse RequestedBy(const pb::DescribeResponse& description,
                                    const std::string& artifact) {
  InstallProviderResponse response;
  response.set_version(description.version());
  response.set_artifact(artifact);
  for (const pb::Capability& capability : description.capabilities()) AddType(capability, response);
  response.set_digest(json::Sha256(response.SerializeAsString()));
  return response;
}

}  // namespace weft::api
