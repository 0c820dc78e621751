#pragma once

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "runtime/anchor/network_access.h"
#include "runtime/anchor/service_network.h"
#include "runtime/engine/engine.h"
#include "runtime/local/claim_volumes.h"
#include "runtime/local/image_puller.h"
#include "runtime/local/namespace_networks.h"
#include "runtime/local/object_board.h"
#include "runtime/local/object_store.h"
#include "runtime/local/pod_directory.h"
#include "runtime/local/pod_filters.h"
#include "runtime/local/prober.h"
#include "runtime/local/terminator.h"

namespace weft::local {

// What the controllers work with. All of it outlives them and is thread-safe.
//
// A controller's Reconcile(key) compares what is accepted with what the engine has, takes the next
// steps and says on the board what it found. It derives everything anew each time, so it may be
// called at any time, again and again, for different keys at once. It returns after how long to be
// called again at the latest (infinite: when something happens), or an error, after which it is
// called again with back-off.
struct Parts {
  engine::Engine& engine;
  const std::string installation;
  const std::string identities;        // The directory of providers' identities, by name.
  const std::string sandbox_program;   // What the sandboxes of pods run: a static executable.
  const anchor::NetworkAccess access;  // Of their networks.
  ObjectStore& objects;
  ObjectBoard& board;
  PodDirectory& pods;
  NamespaceNetworks& networks;
  ClaimVolumes& claims;
  PodFilters& filters;
  ImagePuller& images;
  Prober& prober;
  Terminator& terminator;
  anchor::ServiceNetwork& services;
  std::function<absl::Time()> now;
  // Has the key of an object reconciled soon; "Network/NAMESPACE/" is the key of a network.
  std::function<void(const std::string& key)> wake;
};

}  // namespace weft::local
