#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/anchor/name_servers.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object_store.h"

namespace weft::local {

struct NamespaceNetwork {
  std::string name;
  std::string name_server;  // Whom its pods ask for names (IPv4); empty: as the engine does.
};

// One engine network for each namespace that has an object (docs/adr/0003), and what answers for
// the names of its headless Services. Thread-safe.
class NamespaceNetworks {
 public:
  // The first two outlive it. `dnsmasq`: see anchor::NameServers.
  NamespaceNetworks(engine::Engine& engine, const ObjectStore& objects,
                    const std::string& installation, const std::string& dnsmasq)
      : engine_(engine),
        objects_(objects),
        installation_(installation),
        names_(engine, installation, dnsmasq) {}

  // It exists now. For a namespace that has an object.
  absl::StatusOr<NamespaceNetwork> Ensure(const std::string& ns);

  // Has the names of a headless Service lead to `addresses` (IPv4), in a network that exists.
  absl::Status SetNames(const std::string& ns, const std::string& service,
                        const std::vector<std::string>& addresses);

  // Removes the network if the namespace has no object any more; else sees to it that its names are
  // answered for, if it is there.
  absl::Status Keep(const std::string& ns);

  // Removes the networks of all namespaces that have no object. An error is the engine's.
  absl::Status RemoveUnused();

 private:
  engine::Engine& engine_;
  const ObjectStore& objects_;
  const std::string installation_;
  std::mutex mutex_;           // Held over engine calls: what is being removed is not relied on.
  anchor::NameServers names_;  // Guarded by mutex_.
};

}  // namespace weft::local
