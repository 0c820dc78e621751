#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/worker_pool.h"
#include "core/scheduler/admission.h"
#include "core/scheduler/events.h"
#include "core/scheduler/observed.h"
#include "core/store/memory_store.h"
#include "tests/simulation/installation.h"
#include "tests/simulation/platform.h"
#include "tests/simulation/random.h"

namespace weft::simulation {

inline constexpr char kNamespace[] = "default";                   // Of all applications.
inline constexpr absl::Duration kMoment = absl::Milliseconds(1);  // That a change takes.

// One run from a seed: users apply, roll back and delete applications while the core carries them
// out on a platform. Stores and calls fail, replies are lost or late, calls arrive twice, watches
// break, somebody else removes and edits objects, and the core dies at any write and at any call.
// What users and others do also happens in the middle of a pass, wherever it touches the store or
// the runtime. In the end nothing fails any more, and everything has to be as the users were told.
//
// What is run is what weft-core runs: Admission, from documents through providers to the store,
// StoreReport, Reconcile and Events.
// Nothing is concurrent, since what would be takes turns, and the clock is the run's own, so that a
// seed always makes the same run.
class Simulation {
 public:
  explicit Simulation(uint64_t seed);
  ~Simulation();

  // What went wrong; empty: nothing.
  std::string Run();
  // What happened, in order.
  const std::vector<std::string>& trace() const { return trace_; }

 private:
  class FaultyStore;
  class Link;
  // What users were told of an application: the documents that it may have. nullopt: none.
  using Possible = std::set<std::optional<std::string>>;

  // Of all applications that there may be.
  static const std::vector<std::string>& Names();

  void Note(std::string line) { trace_.push_back(std::move(line)); }
  void Violated(const std::string& what);
  // Of what is durable, every key below `prefix` with its value.
  std::vector<std::pair<std::string, std::string>> Stored(const std::string& prefix) {
    return durable_.List(prefix, "", 0).value();
  }
  bool Chance(uint64_t percent) { return faulty_ && random_.Percent(percent); }

  // What happens by itself, and in the middle of what the core does.
  void Step();
  void Meanwhile();
  void ActAsUser();
  void ActAsPlatform();
  void DeliverEvent();
  void DeliverLate();
  void Pass(const std::string& application);
  // Instances that finalize (finalizing.cc).
  static bool Finalizes(const std::string& instance);
  void Finalize(const std::string& application);
  bool SomebodyLeaves(const std::string& application);
  // Documents, and the provider that renders them (applying.cc).
  void StartCore();
  void EndCore();  // With all that is under way.
  void ApplyComponents();
  void Apply(const std::string& name);
  void ApplyText(const std::string& name, const std::string& text);
  void Answered(int apply, const absl::StatusOr<core::v1::ApplyResponse>& response);
  void Ask(Asked asked);
  void AnswerOne();
  bool Work();  // Goes on with something that is under way; false: nothing is.
  // An instance that reads what is reported (reporting.cc).
  void Report(const std::string& name);
  void RenderAgain(const std::string& application);
  std::vector<std::string> ToRenderAgain();
  void CheckReports();
  void Remember(const std::vector<std::pair<std::string, std::string>>& puts);
  void CheckLetGo(const runtime::v1::AppliedObject& object,
                  const store::v1::InventoryRecord& record);
  void Crash(const std::string& where);
  void Restart();

  void Rollback(const std::string& name, int64_t generation);
  void Delete(const std::string& name);
  void Told(const std::string& name, const std::optional<std::string>& document,
            const absl::Status& status);
  void ToldError(const std::string& name, const std::optional<std::string>& document,
                 const absl::Status& status);

  // Runs until nothing is left to do.
  void Settle();
  // What has to hold in the end (invariants.cc).
  void CheckEverything();
  void CheckApplications();
  void CheckOwners();
  void CheckRendered();
  void CheckPlatform();
  void CheckEvents();
  std::unique_ptr<scheduler::Events> MakeEvents();

  Random random_;
  absl::Time now_ = absl::FromUnixMillis(1);  // Moves by changes and what waits for time.
  std::vector<std::string> trace_;
  std::string violation_;
  bool faulty_ = false;  // As soon as there are components.
  int depth_ = 0;        // Of what happens in the middle of something.

  // Durable.
  store::MemoryStore durable_;
  Platform platform_;
  std::deque<runtime::v1::ApplyRequest> late_applies_;
  std::deque<runtime::v1::DeleteRequest> late_deletes_;
  std::map<std::string, Possible> told_;  // By name.
  // What the invariant of finalizing.cc needs to know: when, in the order of what happened, a
  // provider last let an instance go, one was last there, and a deletion was forced.
  int64_t happened_ = 0;
  std::map<std::string, int64_t> let_go_, alive_;  // By instance key.
  std::map<std::string, int64_t> forced_;          // By application key.

  // The core's process.
  bool crashed_ = false;
  int last_apply_ = 0;
  std::map<int, std::pair<std::string, std::string>> applies_;  // Not answered: name, document.
  std::set<std::string> rendering_again_;                       // Applications, by key.
  std::vector<Asked> asked_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<scheduler::Admission> admission_;
  std::unique_ptr<scheduler::Observed> observed_;
  // Said by providers, not stored: the instance, and when it began to leave.
  std::set<std::pair<std::string, int64_t>> done_;
  std::set<std::string> dirty_;  // Keys of applications to look at.
  const std::unique_ptr<FaultyStore> store_;
  const std::unique_ptr<Link> link_;
  std::unique_ptr<scheduler::Events> events_;
};

}  // namespace weft::simulation
