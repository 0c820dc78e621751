#include "runtime/anchor/name_servers.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"
#include "runtime/anchor/addresses.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/anchor/kept_container.h"
#include "runtime/engine/tar.h"

namespace weft::anchor {
namespace {

// Of what it was made: an image of another dnsmasq, or of another version of ours, takes its place.
constexpr char kImageLabel[] = "weft.dev/image";

}  // namespace

bool NameServers::CanServe(const engine::Info& info) { return !info.is_podman; }

std::vector<std::string> NamesOf(const std::string& name, const std::string& ns) {
  const std::string qualified = absl::StrCat(name, ".", ns);
  return {name, qualified, qualified + ".svc", qualified + ".svc.cluster.local"};
}

engine::Labels NameServers::LabelsOf(const std::string& ns) const {
  return {{kInstallationLabel, installation_}, {kRoleLabel, "names"}, {kNamespaceLabel, ns}};
}

absl::StatusOr<std::string> NameServers::Ensure(const std::string& ns,
                                                const engine::Network& network, bool look) {
  if (!possible_.has_value()) {
    WEFT_ASSIGN_OR_RETURN(const engine::Info info, engine_.GetInfo());
    possible_ = CanServe(info);
  }
  if (!*possible_) return "";
  Server& server = servers_[ns];
  if (!server.container.empty() && !look) return server.address;
  WEFT_ASSIGN_OR_RETURN(const std::string image, EnsureNameServerImage(engine_, dnsmasq_));
  WEFT_ASSIGN_OR_RETURN(server.address, NameServerAddress(network.subnet));
  const auto usable = [&](const engine::ContainerSummary& container) {
    const auto label = container.labels.find(kImageLabel);
    return label != container.labels.end() && label->second == image;
  };
  WEFT_ASSIGN_OR_RETURN(const engine::Container container,
                        KeepContainer(engine_, network.name, LabelsOf(ns), usable,
                                      [&] { return Create(ns, network, image, server.address); }));
  if (server.container == container.id) return server.address;
  server.container.clear();
  for (const auto& [service, file] : server.files)
    WEFT_RETURN_IF_ERROR(Write(container.id, service, file));
  server.container = container.id;
  return server.address;
}

absl::StatusOr<std::string> NameServers::Create(const std::string& ns,
                                                const engine::Network& network,
                                                const std::string& image,
                                                const std::string& address) {
  engine::ContainerSpec spec;
  // No anchor has three dots in its name.
  spec.name = absl::StrCat("weft.", installation_, ".", ns, ".names");
  spec.image = image;
  spec.address = address;
  spec.labels = LabelsOf(ns);
  spec.labels[kImageLabel] = image;
  spec.capabilities_drop = {"ALL"};
  spec.capabilities_add = {"NET_BIND_SERVICE"};
  spec.no_new_privileges = true;
  spec.stop_grace_seconds = 1;
  spec.keep_running = true;
  spec.network = network.name;
  return engine_.CreateContainer(spec);
}

absl::Status NameServers::SetNames(const std::string& ns, const std::string& service,
                                   const std::vector<std::string>& addresses) {
  std::string file;
  const std::string names = absl::StrJoin(NamesOf(service, ns), " ");
  for (const std::string& address : addresses) absl::StrAppend(&file, address, " ", names, "\n");
  Server& server = servers_[ns];
  if (server.container.empty()) return absl::OkStatus();
  const auto known = server.files.find(service);
  if (known != server.files.end() && known->second == file) return absl::OkStatus();
  server.files.erase(service);
  WEFT_RETURN_IF_ERROR(Write(server.container, service, file));
  server.files[service] = std::move(file);
  return absl::OkStatus();
}

absl::Status NameServers::Write(const std::string& container, const std::string& service,
                                const std::string& file) const {
  const engine::TarEntry entry = {.path = service, .content = file};
  return engine_.Unpack(container, kNamesPath, engine::TarOf({entry}));
}

absl::Status NameServers::Remove(const std::string& ns) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> there,
                        engine_.ListContainers(LabelsOf(ns)));
  for (const engine::ContainerSummary& container : there)
    WEFT_RETURN_IF_ERROR(engine_.RemoveContainer(container.id));
  servers_.erase(ns);
  return absl::OkStatus();
}

}  // namespace weft::anchor
