#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"
#include "runtime/local/pod.h"
#include "runtime/local/volumes.h"

namespace weft::local {

// Has the volumes of pods hold what they should, and knows what they hold. Keys are those of the
// pods' controllers. Thread-safe, for different controllers at once.
class PodVolumes {
 public:
  explicit PodVolumes(engine::Engine& engine) : engine_(engine) {}

  // The sandbox was started just now: what is in memory is empty.
  void Fresh(const std::string& key, const Pod& pod);
  // Asks a sandbox that was there before this process what its volumes hold, once.
  absl::Status Look(const std::string& key, const Pod& pod);
  // Whether they hold all that they should, or what they should before. After Look.
  bool Filled(const std::string& key, const Pod& pod) const;
  // Brings `files` into them. After Look; if they are not filled, `files` are those of all.
  absl::Status Fill(const std::string& key, const Pod& pod,
                    const std::map<std::string, VolumeFiles>& files);

  // Forgets the sandboxes that are not among `containers`.
  void Keep(const std::string& key, const std::vector<engine::Container>& containers);
  void Forget(const std::string& key);

 private:
  using Hashes = std::map<std::string, std::string>;  // By the volume's name.
  std::optional<Hashes> Known(const std::string& key, const Pod& pod) const;
  void Remember(const std::string& key, const Pod& pod, Hashes hashes);
  absl::StatusOr<Hashes> Ask(const Pod& pod);
  absl::Status OpenClaims(const Pod& pod);
  absl::StatusOr<std::string> Run(const Pod& pod, std::vector<std::string> arguments);

  engine::Engine& engine_;
  mutable std::mutex mutex_;
  // By the controller's key and the sandbox's RunKey; without hashes: they are to be filled.
  std::map<std::string, std::map<std::string, Hashes>> known_;
};

}  // namespace weft::local
