#include "runtime/local/object_store.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/failpoint.h"
#include "core/base/status.h"
#include "runtime/local/admission.h"

namespace weft::local {
namespace {

constexpr std::string_view kMigrations[] = {R"(
CREATE TABLE objects (
  api_version TEXT NOT NULL, kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  generation INTEGER NOT NULL, owner TEXT NOT NULL, deleting INTEGER NOT NULL, json TEXT NOT NULL,
  PRIMARY KEY (kind, namespace, name)) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
)",
                                            R"(
ALTER TABLE objects ADD COLUMN parent TEXT NOT NULL DEFAULT '';
)"};

ObjectPtr ObjectFromRow(const sqlite::Statement& row) {
  auto object = std::make_shared<Object>();
  object->ref = {row.Text(0), row.Text(1), row.Text(2), row.Text(3)};
  object->generation = static_cast<uint64_t>(row.Integer(4));
  object->owner = row.Text(5);
  object->deleting = row.Integer(6) != 0;
  object->json = row.Text(7);
  object->parent = row.Text(8);
  // The machine is not asked: what was accepted on it stays accepted.
  Admitted admitted = Admit(object->ref, object->json, {});
  if (admitted.problems.empty()) {
    object->spec = std::move(admitted.spec);
  } else {
    spdlog::warn("msg=\"an accepted object is left as it is\" object={} problem=\"{}\"",
                 LocalKey(object->ref), admitted.problems[0].message);
  }
  return object;
}

}  // namespace

absl::StatusOr<Candidate> ChildOf(const Object& parent, const ObjectRef& ref,
                                  const std::string& json) {
  WEFT_ASSIGN_OR_RETURN(json::value object, json::Parse(json));
  object.at("metadata").as_object()["name"] = ref.name;
  // The machine is not asked: what was accepted on it stays accepted.
  Admitted admitted = Admit(ref, json::Canonical(object), {});
  if (!admitted.problems.empty())
    return absl::InvalidArgumentError(admitted.problems.front().message);
  return Candidate{ref,
                   1,
                   parent.owner,
                   std::move(admitted.json),
                   std::move(admitted.spec),
                   {},
                   LocalKey(parent.ref)};
}

absl::StatusOr<std::unique_ptr<ObjectStore>> ObjectStore::Open(const std::string& path,
                                                               OnChange on_change) {
  WEFT_ASSIGN_OR_RETURN(sqlite::Database database, sqlite::Database::Open(path, kMigrations));
  std::unique_ptr<ObjectStore> store(new ObjectStore(std::move(database), std::move(on_change)));
  WEFT_RETURN_IF_ERROR(store->Load());
  return store;
}

absl::Status ObjectStore::Load() {
  WEFT_ASSIGN_OR_RETURN(
      sqlite::Statement rows,
      database_.Prepare("SELECT api_version, kind, namespace, name, generation, owner, deleting, "
                        "json, parent FROM objects"));
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    const ObjectPtr object = ObjectFromRow(rows);
    objects_[LocalKey(object->ref)] = object;
  }
}

absl::Status ObjectStore::Write(const std::vector<ObjectPtr>& objects) {
  Failpoint("runtime.record.before");
  WEFT_RETURN_IF_ERROR(database_.Transact([&]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(sqlite::Statement insert,
                          database_.Prepare("INSERT OR REPLACE INTO objects VALUES "
                                            "(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    for (const ObjectPtr& o : objects) {
      WEFT_RETURN_IF_ERROR(insert.Bind(1, o->ref.api_version)
                               .Bind(2, o->ref.kind)
                               .Bind(3, o->ref.ns)
                               .Bind(4, o->ref.name)
                               .Bind(5, static_cast<int64_t>(o->generation))
                               .Bind(6, o->owner)
                               .Bind(7, int64_t{o->deleting})
                               .Bind(8, o->json)
                               .Bind(9, o->parent)
                               .Run());
    }
    return absl::OkStatus();
  }));
  Failpoint("runtime.record.after");
  return absl::OkStatus();
}

void ObjectStore::Publish(const ObjectPtr& now) {
  {
    std::lock_guard lock(reading_);
    objects_[LocalKey(now->ref)] = now;
  }
  on_change_(*now, /*gone=*/false);
}

// What `candidate` makes of the object `now` (null: there is none), or null with the reason.
ObjectPtr ObjectStore::Judge(const ObjectPtr& now, const Candidate& candidate,
                             Acceptance& acceptance) const {
  const auto fail = [&](const std::string& why) {
    acceptance = {Acceptance::Outcome::kFailed, absl::StrCat(LocalKey(candidate.ref), " ", why)};
    return nullptr;
  };
  if (now != nullptr && candidate.parent != now->parent) {
    if (IsKept(*now)) return fail(absl::StrCat("belongs to ", now->parent));
    if (!candidate.parent.empty()) return fail("was applied by itself");
  }
  if (now != nullptr && now->deleting) return fail("is being deleted");
  if (now != nullptr && candidate.generation < now->generation) {
    acceptance = {Acceptance::Outcome::kOutdated,
                  absl::StrCat("generation ", now->generation, " was accepted before")};
    return nullptr;
  }
  if (now != nullptr && candidate.generation == now->generation && candidate.parent == now->parent)
    return nullptr;
  auto next =
      std::make_shared<Object>(Object{candidate.ref, candidate.generation, candidate.owner,
                                      candidate.json, false, candidate.spec, candidate.parent});
  if (now != nullptr) KeepLeaves(*now, candidate.seeded, *next);
  return next;
}

std::vector<Acceptance> ObjectStore::Accept(const std::vector<Candidate>& candidates) {
  std::lock_guard writing(writing_);
  std::vector<Acceptance> acceptances(candidates.size());
  std::vector<ObjectPtr> changed;
  std::vector<size_t> changed_by;
  std::map<std::string, ObjectPtr> pending;  // One request may name an object twice.
  for (size_t i = 0; i < candidates.size(); ++i) {
    const std::string key = LocalKey(candidates[i].ref);
    const auto found = pending.find(key);
    const ObjectPtr now = found != pending.end() ? found->second : Find(key);
    const ObjectPtr next = Judge(now, candidates[i], acceptances[i]);
    if (next == nullptr) continue;
    pending[key] = next;
    changed.push_back(next);
    changed_by.push_back(i);
  }
  if (changed.empty()) return acceptances;
  if (const absl::Status written = Write(changed); !written.ok()) {
    for (const size_t i : changed_by)
      acceptances[i] = {Acceptance::Outcome::kFailed, std::string(written.message())};
    return acceptances;
  }
  for (const ObjectPtr& object : changed) Publish(object);
  return acceptances;
}

absl::Status ObjectStore::Make(const std::vector<Candidate>& children) {
  if (children.empty()) return absl::OkStatus();
  for (const Acceptance& acceptance : Accept(children))
    if (acceptance.outcome != Acceptance::Outcome::kAccepted)
      return absl::UnavailableError(acceptance.message);
  return absl::OkStatus();
}

absl::Status ObjectStore::Scale(const ObjectPtr& seen, int replicas) {
  std::lock_guard writing(writing_);
  const std::string key = LocalKey(seen->ref);
  if (Find(key) != seen) return absl::AbortedError(absl::StrCat(key, " has changed"));
  auto next = std::make_shared<Object>(*seen);
  if (!SetLeaf("/spec/replicas", replicas, *next))
    return absl::InvalidArgumentError(absl::StrCat(key, " cannot have ", replicas, " replicas"));
  WEFT_RETURN_IF_ERROR(Write({next}));
  Publish(next);
  return absl::OkStatus();
}

absl::Status ObjectStore::Delete(const std::vector<ObjectRef>& refs, const std::string& parent) {
  std::lock_guard writing(writing_);
  std::vector<ObjectPtr> changed;
  for (const ObjectRef& ref : refs) {
    const ObjectPtr now = Find(LocalKey(ref));
    if (now == nullptr || now->deleting || now->ref.api_version != ref.api_version ||
        (now->parent != parent && IsKept(*now)))
      continue;
    auto next = std::make_shared<Object>(*now);
    next->deleting = true;
    changed.push_back(std::move(next));
  }
  if (changed.empty()) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(Write(changed));
  for (const ObjectPtr& object : changed) Publish(object);
  return absl::OkStatus();
}

absl::Status ObjectStore::DeleteChildren(const ObjectRef& parent) {
  std::vector<ObjectRef> refs;
  for (const ObjectPtr& child : ChildrenOf(parent)) refs.push_back(child->ref);
  return Delete(refs, LocalKey(parent));
}

absl::Status ObjectStore::Forget(const ObjectRef& ref) {
  std::lock_guard writing(writing_);
  const ObjectPtr now = Find(LocalKey(ref));
  if (now == nullptr || !now->deleting) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(
      sqlite::Statement remove,
      database_.Prepare("DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?"));
  WEFT_RETURN_IF_ERROR(remove.Bind(1, ref.kind).Bind(2, ref.ns).Bind(3, ref.name).Run());
  {
    std::lock_guard reading(reading_);
    objects_.erase(LocalKey(ref));
  }
  on_change_(*now, /*gone=*/true);
  return absl::OkStatus();
}

ObjectPtr ObjectStore::Find(const std::string& key) const {
  std::lock_guard lock(reading_);
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<ObjectPtr> ObjectStore::All() const {
  std::lock_guard lock(reading_);
  std::vector<ObjectPtr> all;
  for (const auto& [key, object] : objects_) all.push_back(object);
  return all;
}

std::vector<ObjectPtr> ObjectStore::InNamespace(const std::string& ns) const {
  std::vector<ObjectPtr> all = All();
  std::erase_if(all, [&](const ObjectPtr& object) { return object->ref.ns != ns; });
  return all;
}

std::vector<ObjectPtr> ObjectStore::ChildrenOf(const ObjectRef& parent) const {
  const std::string key = LocalKey(parent);
  std::lock_guard lock(reading_);
  std::vector<ObjectPtr> children;
  for (const auto& [_, object] : objects_)
    if (object->parent == key) children.push_back(object);
  return children;
}

bool ObjectStore::IsKept(const Object& object) const {
  return !object.parent.empty() && Find(object.parent) != nullptr;
}

absl::StatusOr<std::string> ObjectStore::ReadSetting(const std::string& name) {
  std::lock_guard writing(writing_);
  WEFT_ASSIGN_OR_RETURN(sqlite::Statement rows,
                        database_.Prepare("SELECT value FROM settings WHERE name = ?"));
  WEFT_ASSIGN_OR_RETURN(const bool found, rows.Bind(1, name).Step());
  return found ? rows.Text(0) : "";
}

absl::Status ObjectStore::WriteSetting(const std::string& name, const std::string& value) {
  std::lock_guard writing(writing_);
  WEFT_ASSIGN_OR_RETURN(sqlite::Statement insert,
                        database_.Prepare("INSERT OR REPLACE INTO settings VALUES (?, ?)"));
  return insert.Bind(1, name).Bind(2, value).Run();
}

absl::Status ObjectStore::RemoveSetting(const std::string& name) {
  std::lock_guard writing(writing_);
  WEFT_ASSIGN_OR_RETURN(sqlite::Statement remove,
                        database_.Prepare("DELETE FROM settings WHERE name = ?"));
  return remove.Bind(1, name).Run();
}

}  // namespace weft::local
