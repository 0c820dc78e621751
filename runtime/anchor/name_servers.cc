#include "runtime/anchor/name_servers.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"
#include "runtime/anchor/addresses.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/anchor/kept_container.h"
#include "runtime/anchor/program_files.h"
#include "runtime/engine/tar.h"

namespace weft::anchor {
namespace {

// Of what it was made: an image of another dnsmasq, or of another version of ours, takes its place.
constexpr char kImageLabel[] = "weft.dev/image";

// "Dnsmasq version 2.90  Copyright ..." is 2.90.
std::string VersionOf(const std::string& program) {
  const std::unique_ptr<FILE, int (*)(FILE*)> said(popen((program + " --version").c_str(), "r"),
                                                   &pclose);
  char line[200] = "", version[100] = "of an unknown version";
  if (said != nullptr && fgets(line, sizeof line, said.get()) != nullptr)
    sscanf(line, "Dnsmasq version %99s", version);
  return version;
}

bool IsAtLeast(const std::string& version, int major, int minor) {
  int has_major = 0, has_minor = 0;
  sscanf(version.c_str(), "%d.%d", &has_major, &has_minor);
  return has_major > major || (has_major == major && has_minor >= minor);
}

}  // namespace

absl::StatusOr<std::string> NameServers::FindDnsmasq(const std::vector<std::string>& places) {
  const auto place = std::ranges::find_if(
      places, [](const std::string& path) { return access(path.c_str(), X_OK) == 0; });
  if (place == places.end())
    return absl::FailedPreconditionError("dnsmasq is not installed: apt-get install dnsmasq-base");
  const std::string& program = *place;
  if (const std::string version = VersionOf(program); !IsAtLeast(version, 2, 88))
    return absl::FailedPreconditionError(
        absl::StrCat(program, " is ", version, ": 2.88 or later is needed"));
  WEFT_RETURN_IF_ERROR(ProgramWithLibraries(program, "/dnsmasq").status());
  return program;
}

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
  if (dnsmasq_.empty()) return "";
  if (!possible_.has_value()) {
    WEFT_ASSIGN_OR_RETURN(const engine::Info info, engine_.GetInfo());
    possible_ = CanServe(info);
  }
  // On one that has no range of ours the engine lets nobody choose an address.
  if (!*possible_ || network.ip_range.empty()) return "";
  WEFT_ASSIGN_OR_RETURN(const std::string address, NameServerAddress(network.subnet));
  Server& server = servers_[ns];
  if (!server.container.empty() && server.address == address && !look) return address;
  WEFT_ASSIGN_OR_RETURN(const std::string image, EnsureNameServerImage(engine_, dnsmasq_));
  server.address = address;
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
  // Versions before this gave the address to Services too: one that has it gets another.
  engine::Labels anchor = LabelsOf(ns);
  anchor[kRoleLabel] = "anchor";
  anchor[kAddressLabel] = address;
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> there,
                        engine_.ListContainers(anchor));
  for (const engine::ContainerSummary& container : there)
    WEFT_RETURN_IF_ERROR(engine_.RemoveContainer(container.id));
  return engine_.CreateContainer(spec);
}

absl::Status NameServers::SetNames(const std::string& ns, const std::string& service,
                                   const std::vector<std::string>& addresses) {
  std::string file;
  const std::string names = absl::StrJoin(NamesOf(service, ns), " ");
  for (const std::string& address : addresses) absl::StrAppend(&file, address, " ", names, "\n");
  Server& server = servers_[ns];
  std::string container = server.container;
  if (container.empty()) {  // One of a process before may still know the Service.
    WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> there,
                          engine_.ListContainers(LabelsOf(ns)));
    if (there.empty() && addresses.empty()) return absl::OkStatus();
    if (there.empty())
      return absl::FailedPreconditionError("nothing answers for the names of headless Services");
    container = there.front().id;
  }
  const auto known = server.files.find(service);
  if (known != server.files.end() && known->second == file) return absl::OkStatus();
  absl::Status written = Write(container, service, file);
  if (written.ok())
    server.files[service] = std::move(file);
  else
    server.files.erase(service);
  return written;
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
