#include "core/resolve/features.h"

#include "absl/strings/str_cat.h"

namespace weft::resolve {
namespace {

constexpr bool kByType = true;

void AddResources(const model::Resources& resources, const std::string& pointer,
                  const catalog::ComponentFeatures& carries, std::vector<UnsupportedFeature>& out) {
  if (resources.gpu_millis > 0) out.push_back({pointer + "/gpu", "GPUs"});
  for (size_t i = 0; i < resources.volumes.size(); ++i) {
    const std::string at = absl::StrCat(pointer, "/volumes/", i);
    if (!resources.volumes[i].ephemeral && !carries.persistent_volumes) {
      out.push_back(
          {at, "volumes that outlive their replica (not `ephemeral`)", true, "", kByType});
    } else if (resources.volumes[i].ephemeral && !carries.ephemeral_volumes) {
      out.push_back({at, "ephemeral volumes", true, "", kByType});
    }
  }
  for (size_t i = 0; i < resources.extended.size(); ++i) {
    out.push_back({absl::StrCat(pointer, "/extended/", i), "extended resources"});
  }
}

void AddReadiness(const model::Probe& probe, const std::string& pointer,
                  std::vector<UnsupportedFeature>& out) {
  const auto add = [&](const char* field, const char* name) {
    out.push_back({pointer + field, name, true, "", kByType});
  };
  if (!probe.exec.empty()) add("/exec", "exec readiness probes");
  if (probe.tcp_port) add("/tcpSocket", "tcpSocket readiness probes");
  if (probe.http_get && !probe.http_get->headers.empty())
    add("/httpGet/httpHeaders", "HTTP headers of readiness probes");
}

}  // namespace

std::string UnsupportedFeature::Fault(const std::string& type) const {
  return by_type ? absl::StrCat("are not supported by workloads of type ", type)
                 : "are not supported yet";
}

std::vector<UnsupportedFeature> UnsupportedFeatures(const model::ComponentSchematic& component,
                                                    const catalog::Type* type) {
  const catalog::ComponentFeatures carries =
      type != nullptr ? type->carries : catalog::ComponentFeatures{true, true, true, true, true};
  std::vector<UnsupportedFeature> out;
  for (size_t c = 0; c < component.containers.size(); ++c) {
    const model::Container& container = component.containers[c];
    const std::string pointer = absl::StrCat("/spec/containers/", c);
    AddResources(container.resources, pointer + "/resources", carries, out);
    for (size_t i = 0; i < container.config.size() && !carries.config_files; ++i) {
      out.push_back({absl::StrCat(pointer, "/config/", i), "config files", true, "", kByType});
    }
    if (container.liveness && !carries.probes) {
      out.push_back({pointer + "/livenessProbe", "liveness probes", false,
                     "a container that hangs is not restarted", kByType});
    }
    if (container.readiness && !carries.probes)
      AddReadiness(*container.readiness, pointer + "/readinessProbe", out);
    if (!container.image_pull_secret.empty() && !carries.image_pull_secrets) {
      out.push_back({pointer + "/imagePullSecret", "image pull secrets", false,
                     "the image must be on the machine or in a public registry", kByType});
    }
  }
  return out;
}

}  // namespace weft::resolve
