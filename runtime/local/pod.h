#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object.h"

// A pod: what its Deployment says, and what the engine says. Pure.
//
// Its first container has the network; sidecars are containers of their own that share it.
namespace weft::local {

// What must be known of a pod as long as it lives, whatever becomes of its Deployment's template.
// It travels on the container as a label, so nothing but the engine has to remember it.
struct PodRules {
  std::string container;              // The first one's name in the pod.
  std::vector<std::string> sidecars;  // The others' names.
  std::map<std::string, int> ports;   // Named ones.
  std::optional<HttpProbe> readiness;
  int grace_seconds = 10;
};

std::string PodRulesToJson(const PodRules& rules);
// Of a text that is not one: the defaults, without a probe.
PodRules PodRulesFromJson(const std::string& text);
PodRules RulesOf(const DeploymentSpec& spec);

// kUnknown: it ran before this process did, and has not been asked yet.
enum class Readiness { kUnknown, kNotReady, kReady };

// Why something is not made or not started, as the kubelet says it.
struct Waiting {
  std::string reason;  // Empty: it is not waiting.
  std::string message;
};

struct Sidecar {
  std::string name;             // In the pod.
  engine::Container container;  // Empty `id`: not made yet.
  Waiting waiting;
};

struct Pod {
  std::string ns;
  std::string deployment;
  std::string name;
  std::string template_hash;
  Labels labels;
  PodRules rules;
  engine::Container container;  // Empty `id`: not made yet.
  std::string address;          // IPv4 on the namespace's network; empty if it does not run.
  Readiness readiness = Readiness::kNotReady;
  std::string complaint;  // Why it is still not ready although it runs; empty: nothing to say.
  bool terminating = false;
  Waiting waiting;                // The first container.
  std::vector<Sidecar> sidecars;  // Those that are made, and those that could not be.

  Sidecar* FindSidecar(const std::string& name);  // Or null.
};

// The name of the provider whose identity the pods of a Deployment get; empty: of none.
std::string IdentityOf(const ObjectRef& deployment, const DeploymentSpec& spec);

// The first container of `pod`. `identity`: the directory of the provider's identity, empty: it has
// none.
engine::ContainerSpec ContainerSpecFor(const std::string& installation, const ObjectRef& deployment,
                                       const DeploymentSpec& spec, const Pod& pod,
                                       const std::string& identity = "");

// The container of a sidecar of `pod`, whose first container is made.
engine::ContainerSpec SidecarSpecFor(const std::string& installation, const ObjectRef& deployment,
                                     const PodContainer& sidecar, const Pod& pod);

// A pod that is to be made.
Pod PlannedPod(const ObjectRef& deployment, const DeploymentSpec& spec, int index);

// The pod of a container of ours; nothing if the container is not one that the runtime made: an
// image made from a pod's container carries its labels to containers of others.
std::optional<Pod> PodFromContainer(const std::string& installation,
                                    const engine::Container& container);

// The sidecar of a container of ours and the name of its pod; nothing if it is none.
std::optional<std::pair<std::string, Sidecar>> SidecarFromContainer(
    const std::string& installation, const engine::Container& container);

// Everything of the pod runs.
bool RunsWhole(const Pod& pod, absl::Time now);

// Restarted again and again, and not up for long enough to be trusted.
bool IsCrashLooping(const engine::Container& container, absl::Time now);
// How long until a crash-looping container that runs is trusted again.
inline constexpr absl::Duration kTrustedAfter = absl::Seconds(10);

// `status` of v1/Pod as Kubernetes writes it, canonical JSON. Source: Kubernetes API, core/v1
// PodStatus.
std::string PodStatusJson(const Pod& pod, absl::Time now);

}  // namespace weft::local
