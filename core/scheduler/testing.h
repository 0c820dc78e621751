#pragma once

#include <atomic>
#include <functional>
#include <gmock/gmock.h>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/base/worker_pool.h"
#include "core/mesh/answer_cache.h"
#include "core/mesh/fake_provider.h"
#include "core/mesh/providers.h"
#include "core/scheduler/admission.h"
#include "core/scheduler/fake_runtime.h"
#include "core/scheduler/rerenderer.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"
#include "core/store/memory_store.h"

// For tests only: a core in memory, with providers and a runtime that behave.
namespace weft::scheduler {

inline const char kFront[] = "apps/v1|Deployment|default|front";

// Asks whether `holds`, every millisecond until it does, for at most 10 s.
bool Await(const std::function<bool()>& holds);

common::v1::ObjectRef Ref(const std::string& kind, const std::string& name);
common::v1::Health MakeHealth(common::v1::Verdict verdict, const std::string& reason);

// The component "site" with this image.
std::string ComponentText(const std::string& image = "site:1");
// An application of one "site", in lines 6 to 8, with these traits: "{name: scaler, ...}".
std::string ApplicationText(const std::string& traits = "", const std::string& name = "shop",
                            const std::string& instance = "front");

// A diagnostic as tests compare it: "LINE:COLUMN SEVERITY CODE POINTER", severities other than
// error written out.
std::vector<std::string> Brief(const core::v1::ApplyResponse& response);
// "KIND NAME REVISION ACTION".
std::vector<std::string> Changes(const core::v1::ApplyResponse& response);
// Every key of the store below `prefix`.
std::vector<std::string> Keys(store::Store& store, const std::string& prefix = "");

// A store in memory that tells of every list that is asked for.
class HookedStore final : public store::Store {
 public:
  // Called in every List, before it; null: nothing.
  void OnList(std::function<void(const std::string& prefix)> called);

  absl::StatusOr<std::string> Get(const std::string& key) override { return memory_.Get(key); }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(const std::string& prefix,
                                                                        const std::string& after,
                                                                        int64_t limit) override;
  absl::Status Commit(store::Transaction transaction) override {
    return memory_.Commit(std::move(transaction));
  }
  void CommitLater(store::Transaction transaction, absl::Duration within) override {
    memory_.CommitLater(std::move(transaction), within);
  }

 private:
  store::MemoryStore memory_;
  std::mutex mutex_;
  std::function<void(const std::string&)> on_list_;
};

// The provider "web" serves the workload example.org/v1.Web: a Deployment. The provider "traits"
// serves "scaler", which sets its replicas, and "reader", which reads it and notes how many objects
// it saw. All assess: HEALTHY when everything is up to date, if `verdict` is not another. Runtimes
// are "local" and, where a test configures it, "other".
class TestCore {
 public:
  explicit TestCore(const std::vector<std::string>& runtimes = {kLocalRuntime},
                    const config::CoreConfig& defaults = {});
  ~TestCore();

  // Begins, or begins again, as after a restart of the core.
  void StartScheduler();
  void StopScheduler();
  Scheduler& scheduler() { return *scheduler_; }
  const mesh::Providers& providers() const { return *providers_; }
  const Admission& admission() const { return *admission_; }
  // Works from StartScheduler on.
  Rerenderer& rerenderer() { return *rerenderer_; }
  Runtimes& runtimes() { return *runtimes_; }
  // "REASON OBJECT-OR-INSTANCE x COUNT: MESSAGE (BY)" of what happened to "shop" or another.
  std::vector<std::string> EventsOf(const std::string& name = "shop");
  WorkerPool& pool() { return *pool_; }
  // Waits for what was given to the pool; then there is none. Before what that work uses goes.
  void EndWork() {
    rerenderer_->Stop();
    pool_.reset();
  }

  // Applies texts, the first of which is named "0.yaml", and waits for the answer.
  core::v1::ApplyResponse Apply(const std::vector<std::string>& texts, bool dry_run = false);
  // The status of "shop" or another application; empty: there is none.
  core::v1::Application Status(const std::string& name = "shop") const;
  // Lets the scheduler's clock go before the real one.
  void Skip(absl::Duration time);
  absl::Time Now() const;
  // Waits until the status of "shop" is settled with this verdict.
  bool AwaitSettled(common::v1::Verdict expected);
  void SetConnected(mesh::FakeProvider& provider, const std::string& name, bool connected);
  // Writes the configuration of another provider, or another configuration: one whose address is
  // not unix:/none is called there.
  void ConfigureProvider(const std::string& name, const std::string& text);
  // Writes or removes the configuration of a runtime; a scheduler that runs finds out by itself.
  void ConfigureRuntime(const std::string& name, bool configured = true);

  HookedStore store;
  Events events{store};
  FakeRuntime runtime;  // "local"
  FakeRuntime other;    // "other"
  const std::shared_ptr<mesh::FakeProvider> web = std::make_shared<mesh::FakeProvider>();
  const std::shared_ptr<mesh::FakeProvider> traits = std::make_shared<mesh::FakeProvider>();
  std::atomic<common::v1::Verdict> verdict = common::v1::VERDICT_HEALTHY;

 private:
  void MakeWeb();
  void MakeTraits();

  std::string directory_;
  std::atomic<int64_t> skipped_ms_ = 0;
  std::mutex mutex_;  // Of scheduler_, for the providers' thread.
  mesh::AnswerCache answers_{store};
  std::unique_ptr<WorkerPool> pool_ = std::make_unique<WorkerPool>(2, 100);
  std::unique_ptr<mesh::Providers> providers_;
  std::unique_ptr<Runtimes> runtimes_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<Rerenderer> rerenderer_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace weft::scheduler
