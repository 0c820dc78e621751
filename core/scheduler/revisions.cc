#include "core/scheduler/revisions.h"

#include <google/protobuf/util/time_util.h>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/records.h"
#include "core/scheduler/runtime_choice.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using store::v1::ApplicationRecord;
using store::v1::RevisionRecord;

// The earlier revisions, the oldest first.
absl::StatusOr<std::vector<RevisionRecord>> ReadRevisions(const std::string& ns,
                                                          const std::string& name,
                                                          store::Store& store) {
  WEFT_ASSIGN_OR_RETURN(const auto entries, store.List(store::HistoryPrefix(ns, name)));
  std::vector<RevisionRecord> revisions;
  for (const auto& [key, bytes] : entries) {
    if (!revisions.emplace_back().ParseFromString(bytes))
      return absl::DataLossError(absl::StrCat("the stored ", key, " cannot be read"));
  }
  return revisions;
}

core::v1::Revision Describe(const ApplicationRecord& record) {
  core::v1::Revision revision;
  revision.set_generation(record.generation());
  *revision.mutable_created() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(record.updated_unix_ms());
  revision.set_restores(record.restores());
  revision.set_rendered_again(record.again());
  for (const auto& instance : record.instances()) {
    core::v1::Revision::Component* component = revision.add_components();
    component->set_instance_name(instance.instance().name());
    component->set_component_name(instance.component_name());
    component->set_revision(instance.revision());
  }
  return revision;
}

// Those that only somebody who leaves holds are no part of it.
void AddObjects(const ApplicationRecord& application,
                const std::map<std::string, store::v1::DesiredRecord>& objects,
                RevisionRecord& to) {
  const std::set<std::string> held = HeldObjects(application);
  for (const auto& [key, object] : objects) {
    if (!held.contains(key)) *to.add_objects() = object;
  }
}

DesiredApplication MakeDesired(const RevisionRecord& revision) {
  DesiredApplication desired;
  desired.name_space = revision.application().name_space();
  desired.name = revision.application().name();
  desired.document = revision.application().document();
  desired.restores = revision.application().generation();
  desired.instances.assign(revision.application().instances().begin(),
                           revision.application().instances().end());
  desired.objects.assign(revision.objects().begin(), revision.objects().end());
  desired.restored = true;
  desired.read_digest = revision.application().read_digest();
  return desired;
}

}  // namespace

void KeepRevision(const ApplicationRecord& before,
                  const std::map<std::string, store::v1::DesiredRecord>& objects,
                  store::Transaction& transaction) {
  RevisionRecord revision;
  *revision.mutable_application() = before;
  revision.mutable_application()->clear_leaving();
  AddObjects(before, objects, revision);
  const auto key = [&](int64_t generation) {
    return store::HistoryKey(before.name_space(), before.name(), generation);
  };
  transaction.Put(key(before.generation()), revision.SerializeAsString());
  // Every change of an application is the next generation.
  if (before.generation() > kRevisionsKept)
    transaction.Delete(key(before.generation() - kRevisionsKept));
}

absl::Status DropRevisions(const std::string& ns, const std::string& name, store::Store& store,
                           store::Transaction& transaction) {
  WEFT_ASSIGN_OR_RETURN(const auto entries, store.List(store::HistoryPrefix(ns, name)));
  for (const auto& [key, bytes] : entries) transaction.Delete(key);
  return absl::OkStatus();
}

absl::StatusOr<core::v1::HistoryResponse> ReadHistory(const std::string& ns,
                                                      const std::string& name,
                                                      store::Store& store) {
  WEFT_ASSIGN_OR_RETURN(const StoredApplication present, ReadApplication(store, ns, name));
  WEFT_ASSIGN_OR_RETURN(const std::vector<RevisionRecord> revisions,
                        ReadRevisions(ns, name, store));
  core::v1::HistoryResponse history;
  *history.add_revisions() = Describe(present.record);
  for (auto revision = revisions.rbegin(); revision != revisions.rend(); ++revision) {
    // Changed since the application was read: it was the present one.
    if (revision->application().generation() < present.record.generation())
      *history.add_revisions() = Describe(revision->application());
  }
  return history;
}

absl::StatusOr<DesiredApplication> Restore(const std::string& ns, const std::string& name,
                                           int64_t generation, store::Store& store) {
  WEFT_ASSIGN_OR_RETURN(const StoredApplication present, ReadApplication(store, ns, name));
  if (present.record.deleting())
    return absl::FailedPreconditionError(
        absl::StrCat("the application ", name, " is being deleted"));
  WEFT_ASSIGN_OR_RETURN(std::vector<RevisionRecord> revisions, ReadRevisions(ns, name, store));
  if (generation == 0 && revisions.empty())
    return absl::FailedPreconditionError(
        absl::StrCat("the application ", name, " never was anything else than it is"));
  if (generation == present.record.generation()) {
    RevisionRecord& as_it_is = revisions.emplace_back();
    *as_it_is.mutable_application() = present.record;
    WEFT_ASSIGN_OR_RETURN(const auto objects, ReadDesired(store, ns, name));
    AddObjects(present.record, objects, as_it_is);
  }
  for (auto revision = revisions.rbegin(); revision != revisions.rend(); ++revision) {
    if (generation != 0 && revision->application().generation() != generation) continue;
    DesiredApplication desired = MakeDesired(*revision);
    desired.runtime = RuntimeOf(present.record);
    desired.present = present.bytes;
    return desired;
  }
  std::vector<int64_t> kept;
  for (const RevisionRecord& revision : revisions)
    kept.push_back(revision.application().generation());
  kept.push_back(present.record.generation());
  return absl::NotFoundError(absl::StrCat("of the application ", name, " there is no revision ",
                                          generation, "; kept are ", absl::StrJoin(kept, ", ")));
}

}  // namespace weft::scheduler
