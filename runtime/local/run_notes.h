#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/local/pod.h"

namespace weft::local {

// What is remembered of single runs of containers, by the key of the object that keeps their pod.
// In memory. Thread-safe.
template <typename Note>
class RunNotes {
 public:
  // Nothing: there is none.
  std::optional<Note> Find(const std::string& key, const engine::Container& run) const {
    std::lock_guard lock(mutex_);
    const auto of_key = notes_.find(key);
    if (of_key == notes_.end()) return std::nullopt;
    const auto found = of_key->second.find(RunKey(run));
    return found == of_key->second.end() ? std::nullopt : std::optional(found->second);
  }

  // False: there is one, which stays.
  bool Add(const std::string& key, const engine::Container& run, Note note) {
    std::lock_guard lock(mutex_);
    return notes_[key].try_emplace(RunKey(run), std::move(note)).second;
  }

  // Takes the place of one that is there.
  void Set(const std::string& key, const engine::Container& run, Note note) {
    std::lock_guard lock(mutex_);
    notes_[key].insert_or_assign(RunKey(run), std::move(note));
  }

  // Forgets all but those of `runs`, which are all that there are.
  void Keep(const std::string& key, const std::vector<engine::Container>& runs) {
    std::lock_guard lock(mutex_);
    const auto of_key = notes_.find(key);
    if (of_key == notes_.end()) return;
    std::erase_if(of_key->second, [&](const auto& note) {
      return std::none_of(runs.begin(), runs.end(),
                          [&](const auto& run) { return RunKey(run) == note.first; });
    });
    if (of_key->second.empty()) notes_.erase(of_key);
  }

  void Forget(const std::string& key) {
    std::lock_guard lock(mutex_);
    notes_.erase(key);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, Note>> notes_;  // By key and RunKey.
};

}  // namespace weft::local
