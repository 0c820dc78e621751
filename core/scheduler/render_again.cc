#include "core/scheduler/render_again.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

// Calls `each` with every workload and trait.
template <typename Each>
void ForEach(const store::v1::ApplicationRecord& record, Each each) {
  for (const store::v1::InstanceRecord& workload : record.instances()) {
    each(workload);
    for (const store::v1::TraitRecord& trait : workload.traits()) each(trait);
  }
}

}  // namespace

absl::StatusOr<StoredRenderAgain> ReadRenderAgain(store::Store& store, const std::string& ns,
                                                  const std::string& name) {
  StoredRenderAgain stored;
  const std::string key = store::RenderAgainKey(ns, name);
  absl::StatusOr<std::string> bytes = store.Get(key);
  if (absl::IsNotFound(bytes.status())) return stored;
  if (!bytes.ok()) return bytes.status();
  if (!stored.record.ParseFromString(*bytes))
    return absl::DataLossError(absl::StrCat("the stored ", key, " cannot be read"));
  stored.bytes = *std::move(bytes);
  return stored;
}

bool ReadsReports(const store::v1::ApplicationRecord& record) {
  bool reads = false;
  ForEach(record, [&](const auto& of) { reads |= of.reads().state() || of.reads().peers(); });
  return reads;
}

std::string DigestOfReports(const store::v1::ApplicationRecord& record,
                            const std::map<std::string, store::v1::ReportRecord>& reports) {
  if (!ReadsReports(record)) return "";
  bool peers = false;
  ForEach(record, [&](const auto& of) { peers |= of.reads().peers(); });
  std::string read;
  ForEach(record, [&](const auto& of) {
    const auto report = reports.find(of.instance().key());
    if (report == reports.end()) return;
    // Lengths, so that no two are alike.
    const auto add = [&](const std::string& text) {
      absl::StrAppend(&read, text.size(), ":", text);
    };
    add(report->first);
    if (of.reads().state()) add(report->second.state());
    if (!peers) return;
    for (const provider::v1::Output& output : report->second.outputs()) {
      add(output.name());
      add(output.value());
    }
  });
  return json::Sha256(read);
}

std::string DigestOf(const google::protobuf::RepeatedPtrField<common::v1::ObjectRef>& objects) {
  if (objects.empty()) return "";
  std::set<std::string> keys;
  for (const common::v1::ObjectRef& ref : objects) keys.insert(store::ObjectKey(ref));
  return json::Sha256(absl::StrJoin(keys, "\n"));
}

bool MayDelete(size_t deleted, size_t all) {
  constexpr size_t kFew = 10;
  return deleted <= std::max(kFew, all / 100);
}

absl::Status ConfirmDeletions(const std::string& ns, const std::string& name,
                              const std::string& digest, int64_t now_unix_ms, store::Store& store) {
  WEFT_RETURN_IF_ERROR(ReadApplication(store, ns, name).status());
  WEFT_ASSIGN_OR_RETURN(StoredRenderAgain stored, ReadRenderAgain(store, ns, name));
  const std::string held = DigestOf(stored.record.held());
  if (held.empty())
    return absl::FailedPreconditionError(absl::StrCat("nothing is held back of ", ns, "/", name));
  if (held != digest)
    return absl::FailedPreconditionError("what is held back is something else by now: look again");
  if (stored.record.confirmed() == held) return absl::OkStatus();
  stored.record.set_confirmed(held);
  stored.record.set_due_unix_ms(now_unix_ms);
  store::Transaction transaction;
  transaction.Expect(store::RenderAgainKey(ns, name), *stored.bytes);
  transaction.Put(store::RenderAgainKey(ns, name), stored.record.SerializeAsString());
  return store.Commit(std::move(transaction));
}

}  // namespace weft::scheduler
