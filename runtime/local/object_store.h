#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/sqlite.h"
#include "runtime/local/object.h"

namespace weft::local {

// An object that is right (see admission.h) and asks to be accepted.
struct Candidate {
  ObjectRef ref;
  uint64_t generation = 0;
  std::string owner;
  std::string json;  // Canonical, with its steered leaves.
  Spec spec;
  std::vector<std::string> seeded =
      {};                   // Leaves that keep what they have in an object that stands.
  std::string parent = {};  // As of an Object.
};

// What the controller of `parent` makes: `json`, but for its name. INVALID_ARGUMENT: it is not
// understood.
absl::StatusOr<Candidate> ChildOf(const Object& parent, const ObjectRef& ref,
                                  const std::string& json);

struct Acceptance {
  enum class Outcome { kAccepted, kOutdated, kFailed };
  Outcome outcome = Outcome::kAccepted;
  std::string message;  // Why not; empty if accepted.
};

// The accepted objects: in memory, and durably in a SQLite file, as an API server would keep them.
// What a call accepted is on disk when it returns. Thread-safe; readers never wait for the disk.
class ObjectStore {
 public:
  // Told of every change after it is durable, one after the other in their order: the object as it
  // is now, or as it was before it was `gone`. Must not call back into writing methods.
  using OnChange = std::function<void(const Object& object, bool gone)>;

  // Errors as sqlite::Database::Open.
  static absl::StatusOr<std::unique_ptr<ObjectStore>> Open(const std::string& path,
                                                           OnChange on_change);

  // One acceptance for each candidate, in order; one transaction for all. A generation below the
  // accepted one is outdated, an equal one is accepted and changes nothing. An object that is being
  // deleted takes nothing (kFailed): send it again when it is gone. Nor does one of another parent
  // that is there.
  std::vector<Acceptance> Accept(const std::vector<Candidate>& candidates);

  // The same of what a controller makes (ChildOf): what is there stays as it is. UNAVAILABLE: one
  // could not be made.
  absl::Status Make(const std::vector<Candidate>& children);

  // Gives a Deployment or a StatefulSet another number of replicas, as the platform's own steering
  // of that leaf does: its generation stays. ABORTED: it is not as it was `seen` any more;
  // INVALID_ARGUMENT: it would not be right; else the disk's error.
  absl::Status Scale(const ObjectPtr& seen, int replicas);

  // Marks for deletion. Objects that do not exist, or have another parent that is there, are passed
  // over.
  absl::Status Delete(const std::vector<ObjectRef>& refs, const std::string& parent = "");
  absl::Status DeleteChildren(const ObjectRef& parent);

  // Drops an object marked for deletion, when all that was made for it is gone.
  absl::Status Forget(const ObjectRef& ref);

  ObjectPtr Find(const std::string& key) const;  // Null: there is none.
  std::vector<ObjectPtr> All() const;
  std::vector<ObjectPtr> InNamespace(const std::string& ns) const;
  std::vector<ObjectPtr> ChildrenOf(const ObjectRef& parent) const;
  // Whether the controller of its parent keeps it: it has one, and that is there.
  bool IsKept(const Object& object) const;

  // A remembered text of the runtime's own; "" if there is none.
  absl::StatusOr<std::string> ReadSetting(const std::string& name);
  absl::Status WriteSetting(const std::string& name, const std::string& value);
  absl::Status RemoveSetting(const std::string& name);

 private:
  ObjectStore(sqlite::Database database, OnChange on_change)
      : database_(std::move(database)), on_change_(std::move(on_change)) {}
  absl::Status Load();
  absl::Status Write(const std::vector<ObjectPtr>& objects);
  ObjectPtr Judge(const ObjectPtr& now, const Candidate& candidate, Acceptance& acceptance) const;
  void Publish(const ObjectPtr& now);

  std::mutex writing_;  // Held over the disk; taken before reading_.
  sqlite::Database database_;
  const OnChange on_change_;
  mutable std::mutex reading_;
  std::map<std::string, ObjectPtr> objects_;  // By key.
};

}  // namespace weft::local
