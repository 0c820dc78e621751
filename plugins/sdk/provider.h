#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "core/base/json.h"
#include "plugins/sdk/component.h"

// What the author of a provider in C++ writes against. A provider is a value of type Workload or
// Trait: a description and pure functions. It never sees gRPC; weft_add_provider makes the program
// around it.
//
// All functions of a provider are called from several threads at once and must be pure: no clock,
// no network, no randomness, no state that is written. But for Finalize, which may do something
// outside of Weft.
namespace weft::sdk {

class Instances;  // plugins/sdk/instances.h
class Life;

// The identity of an object. An empty namespace is the application's.
struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string name_space;

  bool operator==(const ObjectRef&) const = default;
};

// One use of the type in an application.
struct Instance {
  std::string key;
  std::string name_space;
  std::string application;
  std::string name;        // The name that the workload's objects bear.
  json::value properties;  // Satisfies the schema.

  int64_t GetInt(std::string_view property) const { return json::GetInt(properties, {property}); }
  std::string GetString(std::string_view property) const {
    return json::GetString(properties, {property});
  }
};

// Where a workload type keeps what traits change.
struct Shape {
  std::string api_version;
  std::string kind;
  std::string scale;         // Pointer; empty: none.
  std::string pod_template;  // Pointer; empty: none.
};

// Where the application runs.
struct Target {
  std::string runtime;
  std::string platform;  // "docker", "kubernetes"; empty: not known.
  std::string platform_version;
};

// What was reported for another component of the application.
struct Peer {
  std::string name;
  std::map<std::string, std::string> outputs;  // By name.
};

// What the type reads beside the documents; empty, where it does not say that it does.
struct Readings {
  Target target;
  std::vector<Peer> peers;  // By name.
  std::string state;        // What the provider reported of the instance last.
};

struct WorkloadRequest {
  Instance instance;
  std::string os_type;
  std::string arch;
  std::vector<Container> containers;
  Readings readings = {};
};

// The workload that a trait is attached to.
struct WorkloadView {
  std::string name;
  Shape shape;
  // What was rendered of it by the stages before, if the trait reads that.
  std::vector<ObjectRef> objects = {};

  // The object that the instance is named after.
  ObjectRef Primary() const { return {shape.api_version, shape.kind, name, ""}; }
};

struct TraitRequest {
  Instance instance;
  WorkloadView workload;
  Readings readings = {};
};

// Who changes a leaf at run time.
enum class Steering {
  kActions,   // This provider, through sdk::Instances.
  kPlatform,  // The platform, such as a HorizontalPodAutoscaler.
};

// What an instance contributes. Pointers as docs/protocol.md says.
class Parts {
 public:
  enum class Operation { kMerge, kRemove, kReplace };
  struct Part {
    ObjectRef object;
    std::string pointer;
    json::value value;
    std::optional<Steering> steering = {};  // Set: `value` says nothing, the leaf is steered.
    Operation operation = Operation::kMerge;
    bool replace_if_immutable = false;  // The object.
  };

  // Merges `value` into the object at `pointer`; "" is the whole object.
  void Merge(ObjectRef object, std::string pointer, json::value value) {
    parts_.push_back({std::move(object), std::move(pointer), std::move(value)});
  }
  // What a stage before left at `pointer`, with everything below it, goes; "" cannot. Nothing
  // happens if nothing is there. Takes WriteMode::kRemove.
  void Remove(ObjectRef object, std::string pointer) {
    parts_.push_back({std::move(object), std::move(pointer), nullptr, {}, Operation::kRemove});
  }
  // Remove, and `value` stands there instead. Takes also what it takes to merge `value` there.
  void Replace(ObjectRef object, std::string pointer, json::value value) {
    parts_.push_back(
        {std::move(object), std::move(pointer), std::move(value), {}, Operation::kReplace});
  }
  // Where the platform forbids a change of `object`, it is deleted and made anew, with what it
  // holds. Only of an object that this instance creates, and never of a PersistentVolumeClaim.
  void ReplaceIfImmutable(ObjectRef object) {
    parts_.push_back({std::move(object), "", json::object(), {}, Operation::kMerge, true});
  }
  // The leaf at `pointer` changes at run time; its value, whoever gives it, is only what it starts
  // with.
  void Steer(ObjectRef object, std::string pointer, Steering steering) {
    parts_.push_back({std::move(object), std::move(pointer), nullptr, steering});
  }
  const std::vector<Part>& parts() const { return parts_; }

  // Why there is no answer yet.
  struct Unready {
    std::string reason;  // What is waited for, for people.
    absl::Duration again;
  };
  // No answer yet, for a type that reads state or peers: what the instance was stays so. Asked
  // again when what is read becomes another, at the latest after `again` (1 s to 1 min).
  static Parts NotReady(std::string reason, absl::Duration again = absl::Minutes(1)) {
    Parts parts;
    parts.unready_ = Unready{std::move(reason), again};
    return parts;
  }
  const std::optional<Unready>& unready() const { return unready_; }

 private:
  std::vector<Part> parts_;
  std::optional<Unready> unready_;
};

// Collects what is wrong with a request. One error: nothing of the answer is used.
class Diagnostics {
 public:
  struct Diagnostic {
    bool error;
    std::string code;
    std::string message;
    std::string pointer;  // Into the instance's properties for a trait, into the component for a
                          // workload; may be empty.
    std::string hint;
  };
  void Error(std::string code, std::string message, std::string pointer = "",
             std::string hint = "") {
    all_.push_back(
        {true, std::move(code), std::move(message), std::move(pointer), std::move(hint)});
  }
  void Warning(std::string code, std::string message, std::string pointer = "",
               std::string hint = "") {
    all_.push_back(
        {false, std::move(code), std::move(message), std::move(pointer), std::move(hint)});
  }
  const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
};

// What the platform says of one object.
struct Projection {
  ObjectRef ref;
  ObjectRef controller;  // Of a pod: the object that made it.
  json::value status;
  bool up_to_date = false;
  bool deleting = false;
};

// A leaf whose value is another than the document says: an instance that steers it asked for that.
struct SteeredValue {
  ObjectRef object;
  std::string pointer;
  json::value value;
  std::string reason;  // For people.
};

struct AssessRequest {
  Instance instance;
  Shape shape;
  std::vector<ObjectRef> objects;  // What was rendered (for a trait: its workload's).
  std::vector<Projection> observed;
  absl::Time now = absl::UnixEpoch();
  std::vector<SteeredValue> steered = {};  // Of `objects`.

  // What is known of `object`, or null.
  const Projection* Find(const ObjectRef& object) const;
  // What an instance that steers the workload's scale asked for, or null.
  const SteeredValue* SteeredScale() const;
};

enum class Verdict { kHealthy, kProgressing, kDegraded, kFailed, kUnknown };

struct Endpoint {
  std::string name;
  std::string url;
};

struct Health {
  Verdict verdict = Verdict::kUnknown;
  std::string reason;
  std::string message;
  std::vector<Endpoint> endpoints = {};
  absl::Duration recheck_after = absl::ZeroDuration();  // Zero: when something changes.
};

// An instance that leaves: it was removed, or its application is deleted.
struct FinalizeRequest {
  Instance instance;  // As it was when it was applied last.
  Shape shape;
  std::vector<ObjectRef> objects;  // What was rendered (for a trait: its workload's).
  std::vector<Projection> observed;
  absl::Time now = absl::UnixEpoch();
  absl::Time since = absl::UnixEpoch();  // When it began to leave.
};

// The instance may go, with its objects.
struct Done {};
// Not yet.
struct Wait {
  absl::Duration retry_after = absl::ZeroDuration();  // 1 s to 1 min; else the nearer of the two.
  std::string message;                                // What is waited for, for people.
};
// Whether an instance that leaves may go: the place to hand over what stands outside of Weft. Asked
// until Done, and again after it if the core died meanwhile. May block, at most 5 s; it is called
// on threads of its own, for two instances at once.
using Finalize = std::function<std::variant<Done, Wait>(const FinalizeRequest&)>;

enum class WriteMode { kCreate, kAdd, kOverride, kSteer, kRemove };

// A permission that the type asks for: see weft.provider.v1.Write.
struct Write {
  std::string api_version;
  std::string kind;
  std::string pointer;
  WriteMode mode;
};

// Creates objects of one kind.
inline Write Create(std::string api_version, std::string kind) {
  return {std::move(api_version), std::move(kind), "", WriteMode::kCreate};
}
// Changes the scale of whatever workload it is attached to.
inline Write OverrideScale() { return {"*", "*", "+scale", WriteMode::kOverride}; }

// Steers the scale of whatever workload it is attached to.
inline Write SteerScale() { return {"*", "*", "+scale", WriteMode::kSteer}; }

// Something that an instance will do.
struct TimelineEntry {
  absl::Time time;
  std::string effect;  // "3 replicas"
  std::string reason;  // "job morning"

  bool operator==(const TimelineEntry&) const = default;
};
// What an instance will do from `from` (included) to `to` (not included), by time; at most 1,000
// entries.
using Timeline =
    std::function<std::vector<TimelineEntry>(const Instance&, absl::Time from, absl::Time to)>;

// Begins the life of a type: called once, before anything is served. `instances` outlives what it
// returns.
using Live = std::function<std::unique_ptr<Life>(Instances& instances)>;

inline constexpr char kAnythingWithScale[] = "+scale";
inline constexpr char kAnythingWithPodTemplate[] = "+podTemplate";

// What the requests of a type hold beside the documents (Readings).
struct Reads {
  bool target = false;
  bool peers = false;  // Rendered again when something of them becomes another.
  bool state = false;  // Likewise.
};

// What of a component a workload type carries out: weft.provider.v1.ComponentFeature. The rest is
// refused before it is asked.
struct Carries {
  bool probes = false;
  bool config_files = false;
  bool ephemeral_volumes = false;
  bool persistent_volumes = false;
  bool image_pull_secrets = false;
};

// A workload type. `render` is required; the other functions may be empty.
struct Workload {
  std::string type;
  std::vector<std::string> aliases;
  std::string summary;
  const char* schema = "";  // Embedded from schema.json.
  Shape shape;
  std::vector<Write> writes;
  Carries carries = {};
  Reads reads = {};
  std::function<Parts(const WorkloadRequest&, Diagnostics&)> render;
  std::function<Health(const AssessRequest&)> assess;
  Timeline timeline;  // May be empty.
  Finalize finalize;  // May be empty: an instance goes when it is removed.
  Live live;          // May be empty: the type does not live in time.
};

// A trait type.
struct Trait {
  std::string type;
  std::vector<std::string> aliases;
  std::string summary;
  const char* schema = "";
  std::vector<std::string> applies_to;
  std::vector<std::string> conflicts_with;
  std::vector<std::string> after;  // Traits that it sees and may override; "*": all but such.
  std::vector<Write> writes;
  bool reads_shape = false;     // Of its workload.
  bool reads_workload = false;  // Its objects too: it is asked when those before it have answered.
  Reads reads = {};
  std::function<Parts(const TraitRequest&, Diagnostics&)> render;
  std::function<Health(const AssessRequest&)> assess;
  Timeline timeline;  // May be empty.
  Finalize finalize;  // May be empty: an instance goes when it is removed.
  Live live;          // May be empty: the type does not live in time.
};

}  // namespace weft::sdk
