#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "core/base/cron_schedule.h"
#include "runtime/base/object_ref.h"

// The objects that the local runtime understands, as plain values: what is left of their JSON once
// it is known to be right.
namespace weft::local {

using Labels = std::map<std::string, std::string>;

using runtime::ObjectRef;

// "KIND/NAMESPACE/NAME": one kind comes in one apiVersion here, so this is unique. None of them may
// hold a slash.
std::string LocalKey(const ObjectRef& ref);
std::string LocalKey(const std::string& kind, const std::string& ns, const std::string& name);

// The parts of a key.
std::string NamespaceOfKey(const std::string& key);
std::string KindOfKey(const std::string& key);
std::string NameOfKey(const std::string& key);

// Whether what bears `labels` is one of those that `selector` chooses: all, if it is empty.
bool Selects(const Labels& selector, const Labels& labels);

// Objects of this kind are pods that a controller keeps.
bool HasPods(const std::string& kind);

// A port by number, or by the name it has in the pod. Exactly one of them is set.
struct PortRef {
  int number = 0;
  std::string name;

  bool operator==(const PortRef&) const = default;
};

struct ContainerPort {
  std::string name;
  int number = 0;
  std::string protocol = "TCP";
};

// How a container is asked. Source: Kubernetes API, core/v1 HTTPGetAction, TCPSocketAction,
// ExecAction.
struct HttpGet {
  std::string path = "/";
  PortRef port;
  std::vector<std::pair<std::string, std::string>> headers;

  bool operator==(const HttpGet&) const = default;
};
struct TcpSocket {
  PortRef port;

  bool operator==(const TcpSocket&) const = default;
};
struct Exec {
  std::vector<std::string> command;

  bool operator==(const Exec&) const = default;
};

using Action = std::variant<HttpGet, TcpSocket, Exec>;

// Source: Kubernetes API, core/v1 Probe; the defaults are theirs.
struct Probe {
  Action action;
  absl::Duration initial_delay = absl::ZeroDuration();
  absl::Duration period = absl::Seconds(10);
  absl::Duration timeout = absl::Seconds(1);
  int success_threshold = 1;
  int failure_threshold = 3;

  bool operator==(const Probe&) const = default;
};

// What a container is asked. Until it has started, nothing else is asked; when it does not start,
// or live any more, it is ended and runs again.
struct Probes {
  std::optional<Probe> startup;
  std::optional<Probe> liveness;
  std::optional<Probe> readiness;

  bool operator==(const Probes&) const = default;
};

// As whom and with what rights a container runs. Source: Kubernetes API, core/v1 SecurityContext.
struct Security {
  std::optional<int64_t> user, group;  // Nothing: the image's.
  bool read_only_root = false;
  bool no_new_privileges = false;
  std::vector<std::string> add, drop;  // Capabilities, without "CAP_"; "ALL".
};

// A variable of a container's environment. Its value is text, or stands elsewhere: under a key of a
// ConfigMap or a Secret, or in a field of the pod. Source: Kubernetes API, core/v1 EnvVar.
struct EnvironmentVariable {
  struct Key {
    std::string kind;  // "ConfigMap" or "Secret".
    std::string name;
    std::string key;
    bool optional = false;  // Without it there is no such variable.
  };
  std::string name;
  std::string value;  // With its "$(NAME)".
  std::optional<Key> key;
  std::string field;  // "metadata.name"; empty: none.
};

// All of a ConfigMap or a Secret as variables. Source: Kubernetes API, core/v1 EnvFromSource.
struct EnvironmentSource {
  std::string kind;
  std::string name;
  std::string prefix;
  bool optional = false;
};

// A directory for the containers of a pod: empty at first, or with what a ConfigMap or a Secret
// says, as long as the pod lives; or that of a claim. Source: Kubernetes API, core/v1 Volume.
struct Volume {
  // A file, if not each key is one of its own name.
  struct Item {
    std::string key;
    std::string path;  // Relative, with "/" between its parts.
    int mode = 0;

    bool operator==(const Item&) const = default;
  };
  std::string name;
  // With files:
  std::string kind;  // "ConfigMap" or "Secret"; empty: without.
  std::string object;
  bool optional = false;  // It may be missing, and so may each key.
  int mode = 0644;        // Of files.
  std::vector<Item> items;
  // Of a claim:
  std::string claim;       // The PersistentVolumeClaim's name; empty: it is none.
  bool read_only = false;  // For every container.
  // Empty at first:
  bool memory = false;
  int64_t memory_bytes = 0;  // The most that it holds; 0: not said.

  bool operator==(const Volume&) const = default;
};

// Where a container sees a volume. Source: Kubernetes API, core/v1 VolumeMount.
struct VolumeMount {
  std::string volume;
  std::string path;
  std::string file;  // Only this file of it, as it is when the container starts; empty: all of it.
  bool read_only = false;
};

// When a registry is asked for an image. Source: Kubernetes API, core/v1 Container.
enum class PullPolicy {
  kIfNotPresent,
  kNever,   // Only an image that is there will do.
  kAlways,  // Before each run, so that it has what the registry has now.
};

// One container of a pod.
struct PodContainer {
  std::string name;  // In the pod.
  std::string image;
  PullPolicy pull = PullPolicy::kIfNotPresent;
  // Secrets with what its registry asks for: its pod's.
  std::vector<std::string> pull_secrets;
  std::vector<std::string> command;  // Empty: the image's. With its "$(NAME)".
  std::vector<std::string> args;     // Likewise.
  std::vector<EnvironmentSource> environment_sources;
  std::vector<EnvironmentVariable> environment;  // These go before those of the sources.
  std::vector<ContainerPort> ports;
  std::string working_directory;   // Empty: the image's.
  int64_t cpu_milli = 0;           // Requested; 0: none.
  int64_t memory_bytes = 0;        // Requested; 0: none.
  int64_t cpu_limit_milli = 0;     // 0: none.
  int64_t memory_limit_bytes = 0;  // 0: none.
  Security security;
  std::vector<VolumeMount> mounts;
  Probes probes;
  std::optional<Action> pre_stop;  // Done before it gets SIGTERM.
  bool tells_output = false;       // The status says what it wrote last when it has failed.
};

// Whether a container that has ended runs again. Source: Kubernetes API, core/v1 PodSpec.
enum class RestartPolicy { kAlways, kOnFailure, kNever };

// Of its name; an unknown one is kAlways.
RestartPolicy RestartPolicyFrom(const std::string& name);

// Source: Kubernetes API, core/v1 PodTemplateSpec.
struct PodTemplate {
  Labels labels;
  std::string hash;                           // Of all of it; pods of another one are out of date.
  std::vector<PodContainer> init_containers;  // One after the other, each to its good end.
  std::vector<PodContainer> containers;       // Then these, together. At least one.
  std::vector<Volume> volumes;
  RestartPolicy restart = RestartPolicy::kAlways;
  int grace_seconds = 10;
  std::string subdomain;  // Each is also found as "POD.SUBDOMAIN"; empty: not.
};

// Source: Kubernetes API, apps/v1 DeploymentSpec.
struct DeploymentSpec {
  int replicas = 1;
  // While a changed template rolls out: so many pods more than wanted, and so many ready ones
  // fewer, at most. Not both are 0.
  int max_surge = 1;
  int max_unavailable = 0;
  bool recreate = false;     // All old pods are gone before a new one is made.
  absl::Duration min_ready;  // So long a pod must have been ready to count as available.
  // So long a rollout may take no step; infinite: nobody asks.
  absl::Duration progress_deadline = absl::Seconds(600);
  PodTemplate pod;
};

// One pod on every machine, and there is one. Source: Kubernetes API, apps/v1 DaemonSetSpec.
struct DaemonSetSpec {
  DeploymentSpec rollout;  // Of one replica; the old one is gone before the new one is made.
};

// Pods with names of their own, "NAME-0" and on, none of which ever runs twice at once. Source:
// Kubernetes API, apps/v1 StatefulSetSpec.
struct StatefulSetSpec {
  // A volume of which each pod has its own, that outlives it.
  struct ClaimTemplate {
    std::string volume;  // As which the pod has it.
    std::string claim;   // The object of each, as JSON, but for its name.
  };
  int replicas = 1;
  bool ordered = true;  // One is made when those before it are ready.
  PodTemplate pod;
  std::vector<ClaimTemplate> claims;
  // Whether the claims go with the set, or with the pods that it has no more.
  bool claims_go_when_deleted = false, claims_go_when_scaled = false;
};

// Pods that come to an end. Source: Kubernetes API, batch/v1 JobSpec.
struct JobSpec {
  // So many must succeed. Nothing: one must, and the others, which know of each other, come to
  // their end.
  std::optional<int> completions = 1;
  int parallelism = 1;
  int backoff_limit = 6;                                      // Failures before it gives up.
  absl::Duration active_deadline = absl::InfiniteDuration();  // Since its start.
  absl::Duration ttl = absl::InfiniteDuration();  // Since its end, until its pods are removed.
  bool suspend = false;                           // Runs nothing.
  PodTemplate pod;
};

// Jobs, one each time that it is due. Source: Kubernetes API, batch/v1 CronJobSpec.
struct CronJobSpec {
  enum class Concurrency {
    kAllow,
    kForbid,   // None as long as another one runs.
    kReplace,  // What still runs goes.
  };
  CronSchedule schedule;
  absl::TimeZone zone;
  Concurrency concurrency = Concurrency::kAllow;
  absl::Duration starting_deadline = absl::InfiniteDuration();  // So late it may still begin.
  bool suspend = false;                                         // Begins nothing.
  int successful_history = 3, failed_history = 1;               // So many that are over stay.
  std::string job;  // The object of each, as JSON, but for its name.
};

struct ServicePort {
  std::string name;
  int port = 0;
  PortRef target;
  std::string protocol = "TCP";
};

struct ServiceSpec {
  Labels selector;
  std::vector<ServicePort> ports;    // Of a headless one possibly none.
  bool headless = false;             // Its names lead to its pods; it has no address of its own.
  bool publishes_not_ready = false;  // To those too that are not ready, or end.
};

// A volume that outlives the pods that have it. Source: Kubernetes API, core/v1
// PersistentVolumeClaimSpec.
struct ClaimSpec {
  std::vector<std::string> access_modes;  // As written: what is said of it.
  std::string storage;                    // A quantity; the engine has no limit.
};

// Where requests from outside go: a Service of the namespace. Source: Kubernetes API,
// networking.k8s.io/v1 IngressBackend.
struct IngressBackend {
  std::string service;
  PortRef port;  // Of the Service.
};

struct IngressPath {
  std::string path;
  bool exact = false;  // Else also what is below it.
  IngressBackend backend;
};

struct IngressRule {
  std::string host;                // Empty: any; "*.example.org": one label more.
  std::vector<IngressPath> paths;  // Empty: the default backend's.
};

struct IngressTls {
  std::vector<std::string> hosts;  // Empty: those that the certificate says.
  std::string secret;
};

// Source: Kubernetes API, networking.k8s.io/v1 IngressSpec.
struct IngressSpec {
  std::optional<IngressBackend> default_backend;
  std::vector<IngressRule> rules;
  std::vector<IngressTls> tls;
};

// What one resource of the pods should be at. Source: Kubernetes API, autoscaling/v2 MetricSpec.
struct MetricTarget {
  std::string resource;            // "cpu" or "memory".
  std::optional<int> utilization;  // Percent of what is requested; else:
  int64_t average_milli = 0;       // A pod's, in thousandths of a processor or of a byte.
};

// So much of a change in a period. Source: Kubernetes API, autoscaling/v2 HPAScalingPolicy.
struct ScalingPolicy {
  bool percent = false;  // Of the replicas; else a number of them.
  int value = 0;
  absl::Duration period;
};

// How fast a size changes in one direction. Source: Kubernetes API, autoscaling/v2
// HPAScalingRules.
struct ScalingRules {
  enum class Select { kMost, kLeast, kDisabled };
  absl::Duration window;  // What was asked for in it still counts.
  Select select = Select::kMost;
  std::vector<ScalingPolicy> policies;
};

// Source: Kubernetes API, autoscaling/v2 HorizontalPodAutoscalerSpec.
struct AutoscalerSpec {
  std::string kind;  // Of what is scaled.
  std::string name;
  int least = 1;
  int most = 1;
  std::vector<MetricTarget> metrics;
  ScalingRules up, down;
};

// Which pods of the namespace reach those that it is about, whom nobody else does then. Source:
// Kubernetes API, networking.k8s.io/v1 NetworkPolicySpec.
struct NetworkPolicySpec {
  struct Port {
    PortRef port;  // Neither number nor name: all of the protocol.
    int last = 0;  // From `port` to it; 0: it alone.
    std::string protocol = "TCP";
  };
  struct Ingress {
    std::vector<Labels> from;  // Selectors of pods; empty: everybody.
    std::vector<Port> ports;   // Empty: all.
  };
  Labels selector;  // Empty: all pods.
  std::vector<Ingress> ingress;
};

// Of a ConfigMap, or of a Secret, decoded.
struct DataSpec {
  std::map<std::string, std::string> data;
};

using Spec = std::variant<std::monostate, DeploymentSpec, DaemonSetSpec, StatefulSetSpec, JobSpec,
                          CronJobSpec, ServiceSpec, DataSpec, ClaimSpec, IngressSpec,
                          AutoscalerSpec, NetworkPolicySpec>;

// An accepted object. Never changed in place: a new generation is a new Object.
struct Object {
  ObjectRef ref;
  uint64_t generation = 0;
  std::string owner;
  std::string json;  // Canonical.
  bool deleting = false;
  Spec spec;  // monostate: accepted by a version that understood more; it is left as it is.
  // The key of the object whose controller made it (docs/adr/0036-objects-of-controllers.md);
  // empty: it was sent.
  std::string parent = {};
};

using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace weft::local
