#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"
#include "runtime/local/pod.h"
#include "runtime/local/run_notes.h"
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
  void Keep(const std::string& key, const std::vector<engine::Container>& containers) {
    known_.Keep(key, containers);
  }
  void Forget(const std::string& key) { known_.Forget(key); }

 private:
  using Hashes = std::map<std::string, std::string>;  // By the volume's name.
  absl::StatusOr<Hashes> Ask(const Pod& pod);
  absl::Status OpenClaims(const Pod& pod);
  absl::StatusOr<std::string> Run(const Pod& pod, std::vector<std::string> arguments);

  engine::Engine& engine_;
  RunNotes<Hashes> known_;  // Of sandboxes; without hashes: they are to be filled.
};

}  // namespace weft::local
