#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/local/pod.h"
#include "runtime/local/run_notes.h"

namespace weft::local {

// What containers wrote last before they failed, of those whose template asks for it
// (`terminationMessagePolicy: FallbackToLogsOnError`). Each is read from the engine once, since
// nothing comes after it. Keys are those of the objects that keep the pods. Thread-safe.
class LastOutputs {
 public:
  explicit LastOutputs(engine::Engine& engine) : engine_(engine) {}

  // Sets `output` of every run in `pods` that has failed: at most 2 KiB, readable. Empty where the
  // engine does not tell it now.
  void Tell(const std::string& key, std::vector<Pod>& pods);

  // Forgets what was written by others than these, which are all that there are.
  void Keep(const std::string& key, const std::vector<engine::Container>& runs) {
    known_.Keep(key, runs);
  }
  void Forget(const std::string& key) { known_.Forget(key); }

 private:
  std::optional<std::string> Read(const engine::Container& run) const;

  engine::Engine& engine_;
  RunNotes<std::string> known_;
};

}  // namespace weft::local
