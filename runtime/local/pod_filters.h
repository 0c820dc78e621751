#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/anchor/filter.h"
#include "runtime/engine/engine.h"
#include "runtime/local/network_policy.h"
#include "runtime/local/object_store.h"
#include "runtime/local/pod_directory.h"

namespace weft::local {

// Has the network of each pod let in who may reach it, by the NetworkPolicies of its namespace, and
// Services likewise. A namespace without any costs nothing, and none waits for another.
// Thread-safe.
class PodFilters {
 public:
  struct Network {
    // Runs `nft -f -` with `rules` in the network of a pod's sandbox. NOT_FOUND: it does not run
    // any more.
    std::function<absl::Status(const engine::Container& sandbox, const std::string& rules)> write;
    // As anchor::OwnAddressTowards.
    std::function<std::string(const std::string& address)> own_address;
  };

  // All of it outlives the filters.
  PodFilters(engine::Engine& engine, const ObjectStore& objects, const PodDirectory& pods,
             std::string installation, Network network)
      : engine_(engine),
        objects_(objects),
        pods_(pods),
        installation_(std::move(installation)),
        network_(std::move(network)) {}

  // Of a pod in which nothing runs yet, before anything does: whoever is not known to be there yet
  // is let in later, and who had its address before is nobody any more.
  absl::Status Begin(const Pod& pod);

  // Of all pods of a namespace, all of which are known. Those of which it fails hold up no other;
  // the first error.
  absl::Status Update(const std::string& ns);

  // For the Services of a namespace.
  absl::StatusOr<anchor::Filters> ForServices(const std::string& ns, const std::vector<Pod>& pods);

 private:
  // What is in place at one start of a pod's network.
  struct Written {
    engine::Container sandbox;
    std::string rules = {};  // Written last; empty: not known, the last time it failed.
    bool in_place = false;   // Some rules are.
  };
  struct Namespace {
    // Held over the engine and nft too: what is written last is by what is known last.
    std::mutex mutex;
    std::map<std::string, Written> written;  // By start.
  };
  struct Surroundings {
    Policies policies;
    std::vector<Pod> pods;
    std::string subnet, services;
  };

  std::shared_ptr<Namespace> Of(const std::string& ns);
  absl::StatusOr<Surroundings> Look(const std::string& ns) const;
  absl::StatusOr<std::string> Machine(const Surroundings& around, const std::string& towards) const;
  absl::Status Put(const Pod& pod, const Surroundings& around, Namespace& in);
  absl::Status Clear(const std::string& ns, Namespace& in);

  engine::Engine& engine_;
  const ObjectStore& objects_;
  const PodDirectory& pods_;
  const std::string installation_;
  const Network network_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Namespace>> namespaces_;  // Guarded by mutex_.
};

}  // namespace weft::local
