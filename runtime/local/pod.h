#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object.h"

// A pod: what its template says, and what the engine has of it. Pure.
//
// On the engine a pod is a sandbox, a container that only holds the network, and for each of its
// containers the last two runs: containers that share the sandbox's network, each of which runs
// once. docs/adr/0024-pods-on-an-engine.md says why.
namespace weft::local {

// What must be known of a pod as long as it lives, whatever becomes of the template. It travels on
// the sandbox as a label, so nothing but the engine has to remember it.
struct PodRules {
  struct Member {
    std::string name;
    Probes probes = {};                   // Their ports by number.
    std::optional<Action> pre_stop = {};  // Its port by number.
  };
  std::vector<std::string> init_containers;  // Their names, in order.
  std::vector<Member> containers;
  std::vector<Volume> volumes;
  RestartPolicy restart = RestartPolicy::kAlways;
  std::map<std::string, int> ports;  // Named ones.
  int grace_seconds = 10;
};

std::string PodRulesToJson(const PodRules& rules);
// Of a text that is not one: the defaults, without containers.
PodRules PodRulesFromJson(const std::string& text);
PodRules RulesOf(const PodTemplate& pod);

// kUnknown: it ran before this process did, and has not been asked yet.
enum class Readiness { kUnknown, kNotReady, kReady };

// Why something is not made or not started, as the kubelet says it.
struct Waiting {
  std::string reason;  // Empty: it is not waiting.
  std::string message;
};

// One run of a container of a pod.
struct Run {
  engine::Container container;  // Empty `id`: none was made yet.
  int number = 0;               // So often it was restarted before.
  int crashes = 0;              // So many runs before it ended soon, in a row.
  std::string ended_for = {};   // Why the runtime ended the run before; empty: it did not.
  std::string output = {};  // The end of what it wrote, if it failed and tells that (LastOutputs).
};

// One start of a container: that of a former template is started again as it is.
std::string RunKey(const engine::Container& container);

// A container of a pod.
struct Member {
  std::string name;
  bool init = false;
  RestartPolicy restart = RestartPolicy::kAlways;
  Probes probes = {};
  std::optional<Action> pre_stop = {};
  Run run;                      // The last one.
  std::optional<Run> previous;  // The one before, if there is something of it.
  bool started = false;         // It runs, and its startup probe, if it has one, has succeeded.
  Readiness readiness = Readiness::kNotReady;
  std::string complaint;  // Why it is still not ready although it runs; empty: nothing to say.
  std::string failed;     // Why it is to be ended: it does not start, or live any more.
  std::string ended_for;  // Why the runtime ended the last run, which has ended.
  // The runtime ended the last run, which had lost its network: its exit code says nothing.
  bool interrupted = false;
  Waiting waiting;
};

struct Pod {
  std::string ns;
  std::string controller;  // "KIND/NAME"
  std::string name;
  std::string template_hash;
  Labels labels;
  PodRules rules;
  engine::Container sandbox;       // Empty `id`: not made yet.
  std::string address;             // IPv4 on the namespace's network; empty if it does not run.
  std::vector<Member> members;     // In the order of the rules, those of the start first.
  std::vector<std::string> stale;  // Containers of older runs, which may go.
  bool terminating = false;
  bool settling = false;  // Ready, but not for as long yet as its object asks (RolloutClock).

  Member* Find(const std::string& container);  // Null: there is none.
  // By its members: all of them are ready; one is not; else one is not known.
  Readiness readiness() const;
};

// The number of a port of a pod; 0: it has none of that name.
int PortNumber(const PortRef& port, const Pod& pod);

// The name of the provider whose identity the pods of an object get; empty: of none.
std::string IdentityOf(const ObjectRef& controller, const PodTemplate& pod);

// A pod that is to be made: by its template and an index, or with a name of its own.
Pod PlannedPod(const ObjectRef& controller, const PodTemplate& pod, int index);
Pod PlannedPod(const ObjectRef& controller, const PodTemplate& pod, std::string name);

// The sandbox of `pod`, which runs `image`.
engine::ContainerSpec SandboxSpecFor(const std::string& installation,
                                     const PodTemplate& pod_template, const Pod& pod,
                                     const std::string& image);

using Variables = std::vector<std::pair<std::string, std::string>>;

// What a container is run with, once it is known where its values stand (environment.h).
struct RunText {
  Variables environment;
  std::vector<std::string> command;
  std::vector<std::string> args;
};

// The next run of a container of `pod`, whose sandbox is made: `next` without its container.
// `identity`: the directory of the provider's identity, empty: it has none.
engine::ContainerSpec RunSpecFor(const std::string& installation, const PodContainer& container,
                                 const RunText& text, const Pod& pod, const Run& next,
                                 const std::string& identity = "");

// The pods of containers of ours, with the containers that belong to none of them: their sandbox is
// gone, or a version made them that made pods in another way. What the runtime did not make is
// passed over: an image made from a container of ours carries its labels to containers of others.
struct Assembled {
  std::vector<Pod> pods;
  std::vector<std::string> orphans;  // Their ids.
};
Assembled AssemblePods(const std::string& installation,
                       const std::vector<engine::Container>& containers);

// A time as the engine writes it; InfinitePast: of something that never happened.
absl::Time TimeOf(const std::string& rfc3339);
std::string TimeText(absl::Time time);  // Back.
// A container's address on a network, while it runs; else empty.
std::string AddressOn(const std::string& network, const engine::Container& container);

// Whether a run was ended since it had lost its pod's network (Member::interrupted).
bool IsInterrupted(const Pod& pod, const engine::Container& run);

// The container runs, and began to since its sandbox did: a network is made anew with every start.
bool Runs(const Pod& pod, const Member& member);
// It has ended, or could not be started and is not tried again.
bool Ended(const Member& member);
// It ran to its good end, by itself.
bool Completed(const Member& member);
// It has ended, and does not run again.
bool EndedForGood(const Member& member);

enum class Phase { kPending, kRunning, kSucceeded, kFailed };
// Source: Kubernetes API, core/v1 PodPhase.
Phase PhaseOf(const Pod& pod);
// It has come to its end.
bool Finished(const Pod& pod);
// The first container of the start that is not through since the sandbox started; null: all are.
Member* NextInit(Pod& pod);
const Member* NextInit(const Pod& pod);

// When a container that has ended runs again, and as what. As the kubelet: the second time in a row
// that it ends soon after 10 s, then twice as long each time up to 5 minutes; having run for 10
// minutes it begins anew. A clock that was set back delays nothing.
struct Restart {
  absl::Time at;
  int number = 0;
  int crashes = 0;
  absl::Duration back_off;  // From its end.
};
Restart RestartOf(const Run& run, absl::Time now);

// It ended again and again: it waits for its next run, or has not run for long enough to be
// trusted.
bool IsCrashLooping(const Member& member, absl::Time now);
// How long until a crash-looping container that runs is trusted again.
inline constexpr absl::Duration kTrustedAfter = absl::Seconds(10);

// `status` of v1/Pod as Kubernetes writes it, canonical JSON. Source: Kubernetes API, core/v1
// PodStatus.
std::string PodStatusJson(const Pod& pod, absl::Time now);

}  // namespace weft::local
