#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "plugins/sdk/instances.h"
#include "plugins/traits/cron_hpa/plan.h"

namespace weft::cron_hpa {

// What all instances of cron-hpa should be, and the actions that make them so. Level-triggered: an
// instance is looked at when it changes, when its next job fires, when this process may act, and
// again after an action that failed; what it should be follows from its properties, its attachment
// and the clock alone.
//
// Thread-safe. It has no thread of its own: Tick is to be called at the time that the last call
// returned, and whenever `wake` is called.
class CronLife final : public sdk::Life {
 public:
  // `now` reads the clock. `wake` is called from any thread, must not block and must not call back.
  // `instances` outlives the object, and calls nothing of it any more when it is destroyed.
  CronLife(sdk::Instances& instances, std::function<absl::Time()> now, std::function<void()> wake);
  ~CronLife() override;

  void Changed(const sdk::LiveInstance& instance) override;
  void Gone(const std::string& key) override;
  void Synced() override;
  void MayAct(bool may) override;

  // Acts where the size is not what it should be. Returns when to call again at the latest: never
  // later than in 30 s, because the clock may be set. One call at a time.
  absl::Time Tick();

  // How many instances are known, and how many moments are waited for: as many.
  size_t instances() const;
  size_t moments() const;

 private:
  struct Entry;
  struct Asked;

  Entry& FindOrAddLocked(const std::string& key);
  void ScheduleLocked(Entry& entry, absl::Time at);
  void ScheduleAllLocked(absl::Time at);
  std::optional<sdk::Action> LookLocked(Entry& entry, absl::Time now);
  void Ask(std::vector<sdk::Action> actions, std::vector<Asked> asked);
  void Answered(const std::vector<Asked>& asked,
                const absl::StatusOr<std::vector<sdk::ActOutcome>>& outcomes);
  void TakeLocked(const Asked& asked, bool done, const std::string& problem, absl::Time now);

  sdk::Instances& instances_;
  const std::function<absl::Time()> now_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;
  bool may_ = false;
  bool synced_ = false;
  absl::Time last_tick_ = absl::InfinitePast();
  uint64_t last_id_ = 0;
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> entries_;  // By key.
  std::multimap<absl::Time, Entry*> due_;  // When each entry is to be looked at.
};

}  // namespace weft::cron_hpa
