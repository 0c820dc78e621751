#include "tests/e2e/documents.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace weft::e2e {

std::string WebComponent() {
  return R"(apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata:
  name: web
spec:
  workloadType: core.oam.dev/v1alpha1.Server
  parameters:
    - name: greeting
      type: string
      default: Hello
  containers:
    - name: web
      image: weft/hello:v1
      env:
        - name: GREETING
          fromParam: greeting
      ports:
        - name: http
          containerPort: 8080
)";
}

std::string Text(const WebApplication& application) {
  const std::string traits = application.replicas == 0 ? ""
                                                       : absl::Substitute(R"(      traits:
        - name: manual-scaler
          properties:
            replicaCount: $0
)",
                                                                          application.replicas);
  return absl::StrCat(
      absl::Substitute(R"(apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata:
  name: $0
spec:
  components:
    - componentName: web
      instanceName: $1
      parameterValues:
        - name: greeting
          value: $2
)",
                       application.name, InstanceOf(application.name), application.greeting),
      traits);
}

std::string InstanceOf(const std::string& application) { return application + "-web"; }

}  // namespace weft::e2e
