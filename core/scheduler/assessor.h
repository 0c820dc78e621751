#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "core/mesh/providers.h"
#include "core/scheduler/events.h"
#include "core/scheduler/observed.h"
#include "core/scheduler/plan.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

namespace weft::scheduler {

// What a provider last said of one workload or trait.
struct Opinion {
  common::v1::Health health;
  bool known = false;    // A provider has said something, ever.
  bool current = false;  // It speaks of what is observed now.
  // Why the provider could not be asked, after "the provider NAME "; empty: it could.
  std::string failure;
};

// Asks providers how their instances do, whenever what is observed of them changed, and remembers
// the last verdicts across restarts of the core. Verdicts are stored without haste: they may be
// lost. Thread-safe.
class Assessor {
 public:
  // All outlive the object. `on_verdict` is called from any thread, with the application's key,
  // when an opinion changed; it must not block.
  Assessor(store::Store& store, const mesh::Providers& providers, Events& events,
           std::function<void(const std::string& application)> on_verdict);
  // Waits for the calls under way.
  ~Assessor();

  // Starts a call for every instance of `application` whose projections are others than those that
  // were assessed last, or whose time to be assessed again has come. Returns after how long to come
  // back; infinite: when something changes.
  absl::Duration Assess(const store::v1::ApplicationRecord& application, const Inventory& inventory,
                        const Observed::View& observed);

  // Lets what failed be asked again at the next Assess, without back-off. The applications that it
  // is about.
  std::set<std::string> RetryFailed();

  Opinion Of(const std::string& application, const std::string& instance) const;

  // Whether every provider that was asked of the application says HEALTHY of what was observed
  // last.
  bool AllHealthy(const store::v1::ApplicationRecord& application) const;

  // The application is gone: drops what is known and stored of it.
  void Forget(const std::string& application);

 private:
  struct Held {
    Opinion opinion;
    std::string assessed;  // Hash of the request that the opinion speaks of.
    std::string latest;    // Hash of the request that is to be made now.
    bool asking = false;
    int failures = 0;  // In a row.
    absl::Time failing_since = absl::InfiniteFuture();
    bool whole = false;  // What was observed last was everything there is.
    // What was told as events: that it fails, and the last verdict.
    bool told_failure = false;
    common::v1::Verdict told = common::v1::VERDICT_UNSPECIFIED;
    absl::Time again = absl::InfiniteFuture();
  };
  struct Application {
    std::map<std::string, Held> held;  // By instance key.
    bool loaded = false;
  };

  void LoadLocked(const std::string& key, Application& application);
  void Ask(const std::string& application, const std::string& provider, bool trait,
           provider::v1::AssessRequest request, std::string hash);
  void Answered(const std::string& application, const std::string& provider,
                const std::string& instance, const std::string& hash,
                const absl::StatusOr<provider::v1::AssessResponse>& response);
  void TellLocked(const std::string& application, const std::string& instance,
                  const std::string& provider, Held& held);
  static void TakeLocked(Held& held, const std::string& hash,
                         const absl::StatusOr<provider::v1::AssessResponse>& response);
  void Keep(const std::string& application, const Application& of);

  store::Store& store_;
  const mesh::Providers& providers_;
  Events& events_;
  const std::function<void(const std::string&)> on_verdict_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  int calls_ = 0;  // Under way.
  std::map<std::string, Application> applications_;
};

}  // namespace weft::scheduler
