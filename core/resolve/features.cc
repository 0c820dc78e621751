#include "core/resolve/features.h"

#include "absl/strings/str_cat.h"

namespace weft::resolve {
namespace {

void AddResources(const model::Resources& resources, const std::string& pointer,
                  std::vector<UnsupportedFeature>& out) {
  if (resources.gpu_millis > 0) out.push_back({pointer + "/gpu", "GPUs"});
  for (size_t i = 0; i < resources.volumes.size(); ++i) {
    out.push_back({absl::StrCat(pointer, "/volumes/", i), "volumes"});
  }
  for (size_t i = 0; i < resources.extended.size(); ++i) {
    out.push_back({absl::StrCat(pointer, "/extended/", i), "extended resources"});
  }
}

void AddReadiness(const model::Probe& probe, const std::string& pointer,
                  std::vector<UnsupportedFeature>& out) {
  if (!probe.exec.empty()) out.push_back({pointer + "/exec", "exec readiness probes"});
  if (probe.tcp_port) out.push_back({pointer + "/tcpSocket", "tcpSocket readiness probes"});
  if (probe.http_get && !probe.http_get->headers.empty()) {
    out.push_back({pointer + "/httpGet/httpHeaders", "HTTP headers of readiness probes"});
  }
}

}  // namespace

std::vector<UnsupportedFeature> UnsupportedFeatures(const model::ComponentSchematic& component) {
  std::vector<UnsupportedFeature> out;
  for (size_t c = 0; c < component.containers.size(); ++c) {
    const model::Container& container = component.containers[c];
    const std::string pointer = absl::StrCat("/spec/containers/", c);
    AddResources(container.resources, pointer + "/resources", out);
    for (size_t i = 0; i < container.config.size(); ++i) {
      out.push_back({absl::StrCat(pointer, "/config/", i), "config files"});
    }
    if (container.liveness) {
      out.push_back({pointer + "/livenessProbe", "liveness probes", false,
                     "a container that hangs is not restarted"});
    }
    if (container.readiness) AddReadiness(*container.readiness, pointer + "/readinessProbe", out);
    if (!container.image_pull_secret.empty()) {
      out.push_back({pointer + "/imagePullSecret", "image pull secrets", false,
                     "the image must be on the machine or in a public registry"});
    }
  }
  return out;
}

}  // namespace weft::resolve
