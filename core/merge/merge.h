#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/catalog/type.h"

// The answers of the providers of one workload and its traits, put together into objects in which
// every leaf has one owner. Pure values and functions; no protobuf, no gRPC.
// Source: docs/protocol.md, "Parts"; the keys of lists are in docs/merge.md.
namespace weft::merge {

struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string name_space;  // Empty: the kind has none.
  std::string name;

  bool operator==(const ObjectRef&) const = default;
  auto operator<=>(const ObjectRef&) const = default;
};

// Who changes a leaf at run time, as weft.provider.v1.Steering.
enum class Steering { kActions, kPlatform };

// What becomes of what stands at a place: `value` is merged into it, it goes, or `value` stands
// there instead.
enum class Operation { kMerge, kRemove, kReplace };

// A piece of JSON to merge into an object, the mark that a leaf of it is steered, or what is to go,
// as in weft.provider.v1.Part.
struct Part {
  ObjectRef object;     // An empty namespace is the instance's, if the kind has any.
  std::string pointer;  // RFC 6901 with [key=value,...]; "": the whole object.
  json::value value;    // Says nothing of what is steered or removed.
  std::optional<Steering> steering = {};  // Set, with kMerge: the leaf is steered.
  Operation operation = Operation::kMerge;
  bool replace_if_immutable = false;  // The object: see MergedObject::replace.
};

// What one instance (a workload or a trait) contributes.
struct Contribution {
  std::string owner;                   // Its instance key.
  std::vector<Part> parts;             // In the order of the answer.
  std::vector<catalog::Write> writes;  // What its type permits; symbolic pointers not yet resolved.
};

// The workload instance whose objects are merged.
struct Workload {
  std::string key;  // NAMESPACE/APPLICATION/INSTANCENAME: the owner of the whole objects.
  std::string name_space;
  std::string name;
  catalog::Shape shape;
};

// The owner of what the core itself writes.
inline constexpr char kCoreOwner[] = "core";

struct LeafOwner {
  std::string pointer;
  std::string owner;

  bool operator==(const LeafOwner&) const = default;
};

// A leaf that changes at run time. It stands neither in the object nor among its leaves.
struct SteeredLeaf {
  std::string pointer;
  std::string owner;  // Who steers it.
  Steering by = Steering::kActions;
  json::value seed;        // What the parts give the leaf; 1 where none does.
  std::string seed_owner;  // Who gave that; empty: nobody.
};

struct MergedObject {
  ObjectRef ref;
  json::value value;  // With apiVersion, kind, metadata.name and, where there is one, .namespace.
  std::vector<LeafOwner> leaves;          // By pointer. Nothing for the four fields above.
  std::vector<SteeredLeaf> steered = {};  // By pointer.
  bool replace = false;  // Where the platform forbids a change, it is deleted and made anew.
};

// Why the contributions cannot be merged.
struct Problem {
  std::string owner;    // Whose fault it is: of two the later, within a stage by key.
  std::string code;     // CONFLICT, NOT_PERMITTED, BAD_POINTER, BAD_PART
  std::string message;  // Names the object and the pointer; of a conflict both owners and values.
  ObjectRef object;     // Empty if it is about a permission.
  std::string pointer;
};

struct Merged {
  std::vector<MergedObject> objects;  // By reference. Empty if there are problems.
  std::vector<Problem> problems;      // In a fixed order. Of the first stage that has any.
};

// Merges `stages`: first the workload's contribution, then those of traits, stage by stage. Within
// a stage everything sees the objects as the stage before left them, and the result does not depend
// on the order of the contributions but for the order of new elements of lists, which is theirs.
//
// Equal values agree, and the first who wrote the leaf owns it (within a stage by key). A different
// value of a leaf that an earlier stage wrote is a conflict unless the writer's type has OVERRIDE
// there; within a stage it always is. {} agrees with any object, and no leaf may stand where an
// object stands. Every part is checked against the writes of its type.
//
// An object grows, but for the other arm of a union, which goes for a writer who may override it,
// and for what is removed or replaced by a writer who may REMOVE there. What a stage removes is
// gone before what it writes is judged, and with it all that stood around it for nothing else: an
// object or list that is empty stands only if somebody wrote it. Nobody else may write or steer
// what a contribution of the same stage removes or replaces; nor may itself, but for the value that
// it replaces it by. What is steered cannot be removed.
//
// A leaf may be steered by one owner, whatever the stages; values of it stand beside that, and what
// they come to is its seed. What is no leaf cannot be steered.
//
// That an object may be made anew is said by who creates it, and never of a volume claim.
//
// What an object may be and where it may stand, other namespaces among it, is judged by the policy
// when all is merged (policy.h). An object of a kind that is cluster-scoped (cluster_scoped.h) has
// no namespace, whatever its parts say.
//
// Pure and thread-safe. Values must come from json::Parse. Time is that of sorting what is written.
Merged Merge(const Workload& workload, const std::vector<std::vector<Contribution>>& stages);

// Sets `labels` on the object, and on its pod template if it is the workload's primary object and
// has one; `object_only`, which are others, on the object alone. Labels that a provider wrote with
// another value are replaced. The owner of the labels is kCoreOwner. Pure and thread-safe.
void Stamp(const Workload& workload, const std::map<std::string, std::string>& labels,
           const std::map<std::string, std::string>& object_only, MergedObject& object);

}  // namespace weft::merge
