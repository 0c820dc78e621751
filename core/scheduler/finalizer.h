#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "core/mesh/providers.h"
#include "core/scheduler/events.h"
#include "core/scheduler/observed.h"
#include "core/scheduler/plan.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

namespace weft::scheduler {

// Asks the providers of instances that leave (leaving.h) whether these may go, until they say so.
// What they said is held in memory until Store; lost before that, it is asked for again.
// Thread-safe.
class Finalizer {
 public:
  static constexpr absl::Duration kAgainSoonest = absl::Seconds(1);
  static constexpr absl::Duration kAgainLatest = absl::Minutes(1);

  // All outlive the object. `on_answer` is called from any thread, with the application's key, when
  // a provider answered or failed to; it must not block.
  Finalizer(store::Store& store, const mesh::Providers& providers, Events& events,
            std::function<void(const std::string& application)> on_answer,
            std::function<absl::Time()> now = absl::Now);
  // Waits for the calls under way.
  ~Finalizer();

  // Stores what was said since the last time: who may go, and what the others wait for. Blocks for
  // the store, whose errors it returns. ABORTED: the application changed meanwhile, come back.
  absl::Status Store(const std::string& application);

  // Starts a call for every instance that leaves, whose turn it is, and whose time to be asked has
  // come or whose projections changed; none while it is not known what is on the platform. Tells
  // once, as an event, of one that is blocked. Returns after how long to come back; infinite: when
  // something changes.
  absl::Duration Ask(const store::v1::ApplicationRecord& application, const Inventory& inventory,
                     const Observed::View& observed);

  // Lets what failed be asked again at the next Ask, without back-off.
  std::set<std::string> RetryFailed();

  // Why `leaving` of `application` is not let go, for people.
  std::string WaitsFor(const store::v1::LeavingRecord& leaving,
                       const store::v1::ApplicationRecord& application,
                       const Observed::View& observed) const;

  // The application is gone.
  void Forget(const std::string& application);

 private:
  // An instance that came back and left again is another one.
  using Key = std::pair<std::string, int64_t>;  // Of the instance, and when it began to leave.
  struct Held {
    std::string asked;  // Hash of the request that was answered last.
    bool asking = false;
    bool done = false;
    std::string message;  // Of the last WAIT.
    bool unsaved = false;
    std::string failure;  // Of the last call, after "the provider NAME "; empty: it was answered.
    int failures = 0;     // In a row.
    absl::Time again = absl::InfinitePast();
    bool told = false;  // That it is blocked.
  };
  using Application = std::map<Key, Held>;

  // Who is to be asked.
  struct Addressee {
    std::string provider;
    bool finalizes = true;  // False: nobody.
  };

  static Key KeyOf(const store::v1::LeavingRecord& leaving);
  Addressee AddresseeOf(const store::v1::LeavingRecord& leaving) const;
  bool Begin(const std::string& application, const store::v1::LeavingRecord& leaving,
             const std::string& hash, absl::Time& next);
  void Call(const std::string& application, const store::v1::LeavingRecord& leaving,
            const std::string& provider, provider::v1::FinalizeRequest request, std::string hash);
  void Answered(const std::string& application, const Key& key, const std::string& hash,
                absl::StatusOr<provider::v1::FinalizeResponse> response);
  void TakeLocked(Held& held, const std::string& hash,
                  absl::StatusOr<provider::v1::FinalizeResponse> response) const;
  void TellBlocked(const store::v1::ApplicationRecord& application,
                   const store::v1::LeavingRecord& leaving, const std::string& why);
  bool WasTold(const store::v1::ApplicationRecord& application, const Key& key) const;

  store::Store& store_;
  const mesh::Providers& providers_;
  Events& events_;
  const std::function<void(const std::string&)> on_answer_;
  const std::function<absl::Time()> now_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  int calls_ = 0;  // Under way.
  std::map<std::string, Application> applications_;
};

}  // namespace weft::scheduler
