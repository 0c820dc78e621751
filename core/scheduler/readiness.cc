#include "core/scheduler/readiness.h"

#include <algorithm>
#include <string>

#include "core/base/status.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/render_again.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using store::v1::ApplicationRecord;

constexpr absl::Duration kLatest =
    absl::Minutes(1);  // Source: docs/protocol.md, "What is not ready".

bool IsNotReady(const ApplicationRecord& record) {
  return std::ranges::any_of(record.instances(), [](const auto& instance) {
    return instance.not_ready() ||
           std::ranges::any_of(instance.traits(), [](const auto& t) { return t.not_ready(); });
  });
}

// Whether what is restored is from other reports than those of now.
absl::StatusOr<bool> SetReadDigest(const DesiredApplication& desired, store::Store& store,
                                   ApplicationRecord& record) {
  WEFT_ASSIGN_OR_RETURN(const auto reports, ReadReports(store, desired.name_space, desired.name));
  const std::string digest = DigestOfReports(record, reports);
  record.set_read_digest(desired.restored ? desired.read_digest : digest);
  return record.read_digest() != digest;
}

store::v1::RenderAgainRecord MakeRenderAgain(const DesiredApplication& desired,
                                             int64_t now_unix_ms) {
  store::v1::RenderAgainRecord again;
  absl::Duration wait = kLatest;
  for (const auto& [instance, waiting] : desired.waiting) {
    wait = std::min(wait, waiting.again);
    (*again.mutable_waits())[instance] = waiting.reason;
  }
  // Nobody was asked about what is restored.
  if (desired.restored) wait = absl::ZeroDuration();
  again.set_due_unix_ms(now_unix_ms + absl::ToInt64Milliseconds(wait));
  return again;
}

}  // namespace

void SetNotReady(const DesiredApplication& desired, ApplicationRecord& record) {
  if (desired.restored) return;
  for (auto& instance : *record.mutable_instances()) {
    instance.set_not_ready(desired.waiting.contains(instance.instance().key()));
    for (auto& trait : *instance.mutable_traits())
      trait.set_not_ready(desired.waiting.contains(trait.instance().key()));
  }
}

absl::Status PutRenderAgain(const DesiredApplication& desired, int64_t now_unix_ms,
                            store::Store& store, ApplicationRecord& record,
                            store::Transaction& transaction) {
  WEFT_ASSIGN_OR_RETURN(const StoredRenderAgain stored,
                        ReadRenderAgain(store, desired.name_space, desired.name));
  const bool reads = ReadsReports(record);
  if (!reads) record.clear_read_digest();
  if (!reads && !stored.bytes.has_value()) return absl::OkStatus();
  const std::string key = store::RenderAgainKey(desired.name_space, desired.name);
  transaction.Expect(key, stored.bytes);
  WEFT_ASSIGN_OR_RETURN(const bool stale, SetReadDigest(desired, store, record));
  if (stale || IsNotReady(record)) {
    transaction.Put(key, MakeRenderAgain(desired, now_unix_ms).SerializeAsString());
  } else if (stored.bytes.has_value()) {
    transaction.Delete(key);
  }
  return absl::OkStatus();
}

}  // namespace weft::scheduler
