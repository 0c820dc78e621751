#pragma once

#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object_store.h"

namespace weft::local {

// One engine network for each namespace that has an object (docs/adr/0003). Thread-safe.
class NamespaceNetworks {
 public:
  // Both outlive it.
  NamespaceNetworks(engine::Engine& engine, const ObjectStore& objects, std::string installation)
      : engine_(engine), objects_(objects), installation_(std::move(installation)) {}

  // Returns the network's name; it exists now. For a namespace that has an object.
  absl::StatusOr<std::string> Ensure(const std::string& ns);

  // Removes the network if the namespace has no object any more.
  absl::Status RemoveUnused(const std::string& ns);

 private:
  engine::Engine& engine_;
  const ObjectStore& objects_;
  const std::string installation_;
  std::mutex mutex_;  // Held over engine calls: what is being removed is not relied on.
};

}  // namespace weft::local
