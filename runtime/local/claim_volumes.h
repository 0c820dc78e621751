#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object.h"
#include "runtime/local/object_store.h"

namespace weft::local {

// The engine's volumes of claims. What is found out of claims and what follows from it are one, so
// that a volume that went with its claim does not come back with a pod. Calls block. Thread-safe.
class ClaimVolumes {
 public:
  // `engine` and `objects` outlive it.
  ClaimVolumes(engine::Engine& engine, const ObjectStore& objects, std::string installation)
      : engine_(engine), objects_(objects), installation_(std::move(installation)) {}

  // Has the engine hold a volume for the claim, made anew only if none is there.
  absl::Status Ensure(const std::string& ns, const std::string& claim);

  // Removes it with what it holds. FAILED_PRECONDITION: a container has it.
  absl::Status Remove(const std::string& ns, const std::string& claim);

  // NOT_FOUND: a claim that one of `volumes` names is not there, or goes. In the words of
  // Kubernetes' scheduler.
  absl::Status Check(const std::string& ns, const std::vector<Volume>& volumes) const;

  // Makes a container, by `create`, that has `volumes`. Errors as Check, and those of the engine.
  absl::StatusOr<std::string> CreateWith(
      const std::string& ns, const std::vector<Volume>& volumes,
      const std::function<absl::StatusOr<std::string>()>& create);

 private:
  absl::Status EnsureLocked(const std::string& ns, const std::string& claim);

  engine::Engine& engine_;
  const ObjectStore& objects_;
  const std::string installation_;
  std::mutex mutex_;
};

}  // namespace weft::local
