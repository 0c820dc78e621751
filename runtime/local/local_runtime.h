#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/connection.h"
#include "core/base/keyed_queue.h"
#include "runtime/base/apply_outcome.h"
#include "runtime/base/pod_usage.h"
#include "runtime/engine/engine.h"
#include "runtime/local/admission.h"
#include "runtime/local/autoscaler_controller.h"
#include "runtime/local/backoff.h"
#include "runtime/local/claim_controller.h"
#include "runtime/local/cron_job_controller.h"
#include "runtime/local/deployment_controller.h"
#include "runtime/local/engine_watch.h"
#include "runtime/local/ingress_controller.h"
#include "runtime/local/job_controller.h"
#include "runtime/local/network_policy_controller.h"
#include "runtime/local/object_board.h"
#include "runtime/local/pod_logs.h"
#include "runtime/local/service_controller.h"
#include "runtime/local/stateful_set_controller.h"

namespace weft::local {

// One object of an Apply.
struct AppliedObject {
  ObjectRef ref;
  std::string json;
  std::string owner;
  uint64_t generation = 0;
  std::vector<SteeredLeaf> steered = {};
};

struct ApplyResult {
  using Outcome = runtime::ApplyOutcome;
  Outcome outcome = Outcome::kAccepted;
  std::string message;
  std::vector<Problem> problems;  // kRefused.
};

// The local runtime without its transport: accepted objects, the controllers that carry them out,
// and the threads that drive them. Thread-safe.
class LocalRuntime {
 public:
  struct Options {
    std::string installation;
    std::string identities;       // The directory of providers' identities, by name.
    std::string sandbox_program;  // What the sandboxes of pods run: a static executable.
    std::string dnsmasq;     // That program, for names of headless Services; empty: there are none,
    std::string no_dnsmasq;  // and why.
    int workers = 4;         // Objects worked on at once.
    absl::Duration resync = absl::Seconds(30);  // Everything is looked at again this often.
    absl::Duration termination_lead = absl::Milliseconds(500);  // See Terminator.
    absl::Duration first_pull_retry = absl::Seconds(10);
    ImagePuller::MachineLogins logins;  // Empty: no pod has any but its own.
    IngressAddresses ingress;
    Prober::Ask probe;  // Empty: as the probes say.
    anchor::NetworkAccess access = anchor::NetworkAccess::kDirect;
    PodFilters::Network network;      // Empty: the machine's, by `access`.
    std::function<absl::Time()> now;  // Empty: the machine's clock.
  };

  // `engine`, `services` and `proxy` outlive it. Opens DATA/runtime-local.db at `database`; errors
  // as ObjectStore::Open. Nothing is done before Start.
  static absl::StatusOr<std::unique_ptr<LocalRuntime>> Open(engine::Engine& engine,
                                                            anchor::ServiceNetwork& services,
                                                            proxy::Proxy& proxy,
                                                            const std::string& database,
                                                            Options options);
  ~LocalRuntime();

  void Start();
  // Ends the threads; waits for what is under way, which may be a pod's whole grace.
  void Stop();
  // Removes the networks of namespaces without objects, which nobody is told of. For a process
  // that ends: it may be the last one. Waits for those that are under way. An error is the
  // engine's.
  absl::Status RemoveUnusedNetworks();

  // Blocks for the disk. One result for each object, in order.
  std::vector<ApplyResult> Apply(const std::vector<AppliedObject>& objects, bool dry_run);
  absl::Status Delete(const std::vector<ObjectRef>& refs);

  // The last run of a pod's container (empty: the first one) that has been started, or the one
  // before it. NOT_FOUND: there is no such pod or container; FAILED_PRECONDITION: no such run of
  // it; else the engine's errors.
  absl::StatusOr<PodRun> RunOf(const std::string& ns, const std::string& pod,
                               const std::string& container, bool previous);

  // A connection to a port of a pod. NOT_FOUND: there is no such pod; FAILED_PRECONDITION: it does
  // not run; else as ConnectToPod, or the engine's errors.
  absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& ns, const std::string& pod,
                                                      uint32_t port);

  // What pods use: as MeasurePods. Those that are not there are left out.
  absl::StatusOr<std::vector<runtime::PodUsage>> Usage(const std::vector<ObjectRef>& pods);

  // Of the engine, as it was when it answered last; empty before.
  engine::Info EngineInfo() const;
  // And of what it runs on.
  Machine ThisMachine() const;
  runtime::Board& board() { return board_.board(); }
  engine::Engine& engine() { return engine_; }
  ObjectStore& objects() { return *objects_; }

 private:
  LocalRuntime(engine::Engine& engine, Options options);
  Parts MakeParts(anchor::ServiceNetwork& services);

  // NOT_FOUND: there is none.
  absl::StatusOr<Pod> FindPod(const std::string& ns, const std::string& pod);

  void Wake(const std::string& key) { queue_->Add(key); }
  void WakeClaimsThatGo(const std::string& ns);
  KeyedQueue::Clock::duration Work(const std::string& key);
  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

  absl::StatusOr<absl::Duration> KeepData(const std::string& key);

  void OnChange(const Object& object, bool gone);
  void Tell(const Object& object, bool gone);
  void OnEvent(const engine::Event& event);
  absl::Status Resync();
  absl::Status CheckNetworkAccess();
  void Observed(const std::string& key);

  engine::Engine& engine_;
  const Options options_;
  ObjectBoard board_;
  PodDirectory pods_;
  Backoff backoff_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<NamespaceNetworks> networks_;
  std::unique_ptr<ClaimVolumes> claim_volumes_;
  std::unique_ptr<PodFilters> filters_;
  std::unique_ptr<ImagePuller> images_;
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<Terminator> terminator_;
  std::unique_ptr<PodKeeper> keeper_;
  std::map<std::string, std::unique_ptr<PodsController>> controllers_;  // By kind.
  std::unique_ptr<CronJobController> cron_jobs_;
  std::unique_ptr<NetworkPolicyController> policies_;
  std::unique_ptr<AutoscalerController> autoscalers_;
  std::unique_ptr<ClaimController> claims_;
  std::unique_ptr<ServiceController> services_;
  std::unique_ptr<IngressController> ingresses_;
  std::unique_ptr<EngineWatch> watch_;
  std::unique_ptr<KeyedQueue> queue_;  // Of keys of objects and networks.

  mutable std::mutex mutex_;
  engine::Info info_;
  // Why nothing can be changed in the networks of containers; empty: it can. Nothing: not known.
  std::optional<std::string> no_network_rules_;
  std::set<std::string> unobserved_;  // Objects with pods without which the board is not complete.
  bool listed_ = false;               // unobserved_ holds all that there are.
};

}  // namespace weft::local
