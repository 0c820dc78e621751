#include "tests/bench/input.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/resolve/resolve.h"

namespace weft::bench {
namespace {

constexpr char kComponent[] = R"(apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata: {name: web}
spec:
  workloadType: core.oam.dev/v1alpha1.Server
  containers:
    - name: web
      image: example/web:v1
      env: [{name: NUMBER, value: "0"}]
      ports: [{name: http, containerPort: 8080}]
)";
constexpr char kVolume[] = R"(      resources:
        volumes: [{name: data, mountPath: /data, sharingPolicy: Shared, disk: {required: 1G}}]
)";
constexpr char kApplication[] = R"(---
apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata: {name: bench}
spec:
  components:
)";

}  // namespace

std::string DocumentsText(const Size& size) {
  const bool more = size.traits == 3;
  std::string text = absl::StrCat(kComponent, more ? kVolume : "", kApplication);
  for (int i = 0; i < size.components; ++i) {
    absl::StrAppend(
        &text, "    - componentName: web\n      instanceName: web-", i,
        "\n      traits:\n        - {name: manual-scaler, properties: {replicaCount: 3}}\n");
    if (more)
      absl::StrAppend(&text, "        - {name: ingress, properties: {hostname: web-", i,
                      ".example.org, servicePort: 8080}}\n        - {name: volume-mounter, "
                      "properties: {volumeName: data, storageClass: fast}}\n");
  }
  return text;
}

absl::StatusOr<model::Decoded> DecodeDocuments(const std::string& text) {
  model::Decoded decoded = model::Decode({{"bench.yaml", text}}, "default");
  if (decoded.documents.size() != 2 || !decoded.diagnostics.empty())
    return absl::InternalError("the documents do not decode");
  return decoded;
}

absl::StatusOr<resolve::Application> ResolveDocuments(const model::Decoded& documents,
                                                      const catalog::TypeTable& types) {
  const resolve::ComponentRevision component{
      std::get<model::ComponentSchematic>(documents.documents[0].value), 1};
  resolve::Environment environment;
  environment.types = &types;
  environment.component = [&](const std::string&) { return &component; };
  environment.owner = [](const std::string&) { return std::string(); };
  resolve::Resolved resolved = resolve::Resolve(documents.documents[1], environment);
  if (!resolved.diagnostics.empty())
    return absl::InternalError(absl::StrCat("resolve: ", resolved.diagnostics[0].message));
  return std::move(resolved.application);
}

absl::StatusOr<scheduler::RenderInput> MakeInput(const catalog::TypeTable& types,
                                                 const Size& size) {
  WEFT_ASSIGN_OR_RETURN(model::Decoded decoded, DecodeDocuments(DocumentsText(size)));
  WEFT_ASSIGN_OR_RETURN(resolve::Application application, ResolveDocuments(decoded, types));
  return scheduler::RenderInput{.application = std::move(application),
                                .document = std::move(decoded.documents[1]),
                                .components = {},
                                .installation = "000000000000"};
}

}  // namespace weft::bench
