#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/json.h"
#include "plugins/sdk/provider.h"

// What a provider that lives in time writes against: it watches the instances of its types and asks
// for changes of the leaves that it steers. Source: docs/protocol.md, "Instances".
namespace weft::sdk {

struct SteeredLeaf {
  ObjectRef object;
  std::string pointer;
  json::value seed;                  // The document's value.
  std::optional<json::value> value;  // Of the last action that counts.
};

struct Pod {
  std::string name;
  std::string ip;
  bool ready = false;

  bool operator==(const Pod&) const = default;
};

// One instance as it stands now.
struct LiveInstance {
  Instance instance;
  std::string type;
  absl::Time attached;   // When it first appeared; survives changes of its properties.
  std::string platform;  // "docker", "kubernetes"; empty: not known.
  std::vector<SteeredLeaf> steered;
  int64_t replicas = -1;  // Of the workload; -1: not known.
  int64_t ready_replicas = -1;
  std::vector<Pod> pods;  // Of the workload, by name.
  Shape shape;            // Of the workload.
  std::string address;    // Of the workload's Service; empty: it has none (yet).
  std::string state;      // As reported last.
};

// Changes one steered leaf.
struct Action {
  std::string instance;  // Its key.
  ObjectRef object;
  std::string pointer;
  std::optional<json::value> value;               // Nothing: back to the seed.
  absl::Time not_after = absl::InfiniteFuture();  // By the core's clock.
  std::string reason;                             // For people; at most 256 bytes.
};

// What a provider learned about one instance; replaces what it reported before. Where a type reads
// state or peers, the application is rendered again with it.
struct InstanceReport {
  std::string instance;                        // Its key.
  std::string state;                           // The provider's own.
  std::optional<Health> health;                // Shown for an instance whose type does not assess.
  std::map<std::string, std::string> outputs;  // By name, a DNS label. With `state` at most 16 KiB.
};

enum class ActOutcome { kDone, kSuperseded, kStaleEpoch, kExpired, kDenied, kUnknown };

// The core, as a provider sees it. Thread-safe.
class Instances {
 public:
  virtual ~Instances() = default;

  // Sends actions (at most 1,000), numbered in the order of the calls within the epoch that is held
  // for the type of each. `done` is called exactly once, from any thread, with one outcome for each
  // action, or with why the call failed; it must not block. Without an epoch every outcome is
  // kStaleEpoch, without a call.
  virtual void Act(std::vector<Action> actions,
                   std::function<void(absl::StatusOr<std::vector<ActOutcome>>)> done) = 0;

  // Sends a report, whether an epoch is held or not. `done` as of Act: OK when it is stored.
  virtual void Report(InstanceReport report, std::function<void(absl::Status)> done) = 0;
};

// What happens to the instances of one type. Called from one thread, in order; must not block for
// long.
class Life {
 public:
  virtual ~Life() = default;

  // `instance` is new or changed. While nothing is synced, what was there before may still be on
  // its way.
  virtual void Changed(const LiveInstance& instance) = 0;
  virtual void Gone(const std::string& key) = 0;
  // Everything that is live was told. Comes again after every new connection; what went away while
  // there was none is told as gone before it.
  virtual void Synced() = 0;
  // This process may act (or, with false, stands by) from now on. A new epoch comes as true again:
  // what was asked for before may have been superseded.
  virtual void MayAct(bool may) = 0;
};

}  // namespace weft::sdk
