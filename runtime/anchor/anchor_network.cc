#include "runtime/anchor/anchor_network.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/anchor/addresses.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/anchor/kept_container.h"
#include "runtime/anchor/rules.h"

namespace weft::anchor {
namespace {

// On one that can be changed through the engine.
constexpr char kAccessLabel[] = "weft.dev/network-access";

class AnchorNetwork final : public ServiceNetwork {
 public:
  AnchorNetwork(engine::Engine& engine, std::string installation, NetworkAccess access,
                Forwarding forward, std::string program)
      : engine_(engine),
        installation_(std::move(installation)),
        access_(access),
        forward_(std::move(forward)),
        program_(std::move(program)) {}

  absl::StatusOr<std::string> Ensure(const Service& service) override;
  absl::Status Remove(const std::string& ns, const std::string& name) override;

 private:
  struct Known {
    std::string address;
    std::string forwarded;  // Network namespace and rules that are in place.
  };

  engine::Labels LabelsOf(const std::string& ns, const std::string& name) const;
  absl::StatusOr<engine::Container> Running(const Service& service);
  absl::StatusOr<std::string> Create(const Service& service);
  absl::StatusOr<std::string> AddressFor(const Service& service);
  absl::Status Forward(const Service& service, const engine::Container& anchor,
                       const std::string& address);

  engine::Engine& engine_;
  const std::string installation_;
  const NetworkAccess access_;
  const Forwarding forward_;
  const std::string program_;
  std::mutex image_mutex_;  // Held while the image is looked for and imported.
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // By key. Guarded by mutex_.
};

std::string Key(const std::string& ns, const std::string& name) {
  return absl::StrCat(ns, "/", name);
}

engine::Labels AnchorNetwork::LabelsOf(const std::string& ns, const std::string& name) const {
  return {{kInstallationLabel, installation_},
          {kRoleLabel, "anchor"},
          {kNamespaceLabel, ns},
          {kServiceLabel, name}};
}

absl::StatusOr<std::string> AnchorNetwork::Ensure(const Service& service) {
  WEFT_ASSIGN_OR_RETURN(const engine::Container anchor, Running(service));
  const std::string& address = anchor.addresses.at(service.network);
  WEFT_RETURN_IF_ERROR(Forward(service, anchor, address));
  return address;
}

absl::StatusOr<engine::Container> AnchorNetwork::Running(const Service& service) {
  const auto usable = [&](const engine::ContainerSummary& anchor) {
    // Root's, or a former version's.
    return access_ != NetworkAccess::kThroughEngine || anchor.labels.contains(kAccessLabel);
  };
  return KeepContainer(engine_, service.network, LabelsOf(service.ns, service.name), usable,
                       [&] { return Create(service); });
}

absl::StatusOr<std::string> AnchorNetwork::Create(const Service& service) {
  engine::ContainerSpec spec;
  // Neither a namespace nor a Service has a dot in its name.
  spec.name = absl::StrCat("weft.", installation_, ".", service.ns, ".", service.name, ".anchor");
  spec.hostname = service.name;
  {
    // Of two Services that come at once, one imports the image.
    std::lock_guard lock(image_mutex_);
    WEFT_ASSIGN_OR_RETURN(spec.image, EnsureAnchorImage(engine_, program_, access_));
  }
  WEFT_ASSIGN_OR_RETURN(spec.address, AddressFor(service));
  spec.labels = LabelsOf(service.ns, service.name);
  spec.labels[kAddressLabel] = spec.address;
  spec.stop_grace_seconds = 1;
  spec.keep_running = true;
  spec.network = service.network;
  AllowNetworkAccess(access_, spec);
  if (access_ == NetworkAccess::kThroughEngine) {
    spec.sysctls = {{"net.ipv4.ip_forward", "1"}};
    spec.labels[kAccessLabel] = "engine";
  }
  spec.aliases = NamesOf(service.name, service.ns);
  return engine_.CreateContainer(spec);
}

// The one it had, else one that no other Service of the network has.
absl::StatusOr<std::string> AnchorNetwork::AddressFor(const Service& service) {
  WEFT_ASSIGN_OR_RETURN(const engine::Network network, engine_.InspectNetwork(service.network));
  WEFT_ASSIGN_OR_RETURN(
      const std::vector<engine::ContainerSummary> anchors,
      engine_.ListContainers({{kInstallationLabel, installation_}, {kRoleLabel, "anchor"}}));
  std::set<std::string> taken;
  for (const engine::ContainerSummary& anchor : anchors) {
    const auto address = anchor.labels.find(kAddressLabel);
    if (address != anchor.labels.end()) taken.insert(address->second);
  }
  const std::string key = Key(service.ns, service.name);
  std::lock_guard lock(mutex_);
  Known& known = known_[key];
  if (IsServiceAddress(network.subnet, known.address)) return known.address;
  for (const auto& [other, entry] : known_) taken.insert(entry.address);
  WEFT_ASSIGN_OR_RETURN(known.address, PickAddress(network.subnet, key, taken));
  return known.address;
}

absl::Status AnchorNetwork::Forward(const Service& service, const engine::Container& anchor,
                                    const std::string& address) {
  const std::string key = Key(service.ns, service.name);
  const std::string wanted =
      absl::StrCat(anchor.id, "\n", anchor.started_at, "\n", anchor.network_namespace, "\n",
                   Rules(address, service.ports, service.filters));
  {
    std::lock_guard lock(mutex_);
    Known& known = known_[key];
    known.address = address;
    if (known.forwarded == wanted) return absl::OkStatus();
    known.forwarded.clear();
  }
  WEFT_RETURN_IF_ERROR(forward_(anchor, address, service));
  std::lock_guard lock(mutex_);
  known_[key].forwarded = wanted;
  return absl::OkStatus();
}

absl::Status AnchorNetwork::Remove(const std::string& ns, const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> anchors,
                        engine_.ListContainers(LabelsOf(ns, name)));
  for (const engine::ContainerSummary& anchor : anchors)
    WEFT_RETURN_IF_ERROR(engine_.RemoveContainer(anchor.id));
  std::lock_guard lock(mutex_);
  known_.erase(Key(ns, name));
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<ServiceNetwork> MakeAnchorNetwork(engine::Engine& engine, std::string installation,
                                                  NetworkAccess access, Forwarding forward,
                                                  std::string program) {
  return std::make_unique<AnchorNetwork>(engine, std::move(installation), access,
                                         std::move(forward), std::move(program));
}

std::string AnchorProgram() {
  std::error_code ec;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ec);
  return self.parent_path() / "weft-anchor";
}

std::unique_ptr<ServiceNetwork> MakeAnchorNetwork(engine::Engine& engine, std::string installation,
                                                  NetworkAccess access) {
  const auto forward = [&engine, access](const engine::Container& anchor,
                                         const std::string& address, const auto& service) {
    return ForwardService(engine, access, anchor, address, service);
  };
  return MakeAnchorNetwork(engine, std::move(installation), access, forward, AnchorProgram());
}

}  // namespace weft::anchor
