#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::anchor {

// Answers for the names of headless Services, of which an engine knows nothing: in each network a
// container with dnsmasq, which pods have the engine ask for what it does not know itself
// (docs/adr/0039-headless-services.md). `engine` outlives it; the containers outlive it, and a
// later one for the same `installation` adopts them. Not thread-safe.
class NameServers {
 public:
  // `dnsmasq`: the path of that program (FindDnsmasq); empty: none is made, and what is there goes
  // with its network.
  NameServers(engine::Engine& engine, std::string installation, std::string dnsmasq)
      : engine_(engine), installation_(std::move(installation)), dnsmasq_(std::move(dnsmasq)) {}

  // The first of `places` where it is. FAILED_PRECONDITION: in none, or it is older than 2.88,
  // which is the first that forgets names of a file that has changed (its changelog), or its
  // libraries are not known.
  static absl::StatusOr<std::string> FindDnsmasq(const std::vector<std::string>& places = {
                                                     "/usr/sbin/dnsmasq", "/usr/local/sbin/dnsmasq",
                                                     "/usr/bin/dnsmasq"});

  // Whether pods on this engine can have it ask for names: a Podman's do not ask it then.
  static bool CanServe(const engine::Info& info);

  // Has one serve in the network of a namespace; returns its address (IPv4), which never changes;
  // empty: none can.
  // One that serves already is looked at only if `look`: so ask when the engine tells of it.
  absl::StatusOr<std::string> Ensure(const std::string& ns, const engine::Network& network,
                                     bool look = false);

  // Has the names of a Service lead to `addresses` (IPv4) from now on; without addresses nobody
  // knows them. FAILED_PRECONDITION: there is no name server, so that an Ensure comes first.
  absl::Status SetNames(const std::string& ns, const std::string& service,
                        const std::vector<std::string>& addresses);

  // OK if there is none.
  absl::Status Remove(const std::string& ns);

 private:
  struct Server {
    std::string container;  // Its id; empty: not known yet.
    std::string address;
    std::map<std::string, std::string> files;  // What it was given, by Service.
  };

  engine::Labels LabelsOf(const std::string& ns) const;
  absl::StatusOr<std::string> Create(const std::string& ns, const engine::Network& network,
                                     const std::string& image, const std::string& address);
  absl::Status Write(const std::string& container, const std::string& service,
                     const std::string& file) const;

  engine::Engine& engine_;
  const std::string installation_;
  const std::string dnsmasq_;
  std::optional<bool> possible_;           // CanServe, once it is known.
  std::map<std::string, Server> servers_;  // By namespace.
};

}  // namespace weft::anchor
