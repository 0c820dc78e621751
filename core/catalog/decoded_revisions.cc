#include "core/catalog/decoded_revisions.h"

#include <utility>

#include "core/base/status.h"
#include "core/catalog/components.h"
#include "core/store/keys.h"

namespace weft::catalog {

absl::StatusOr<std::shared_ptr<const model::ComponentSchematic>> DecodedRevisions::Read(
    const store::v1::ComponentRecord& record) {
  const std::string key = store::RevisionKey(record.name_space(), record.name(), record.revision());
  {
    std::lock_guard lock(mutex_);
    for (Revisions* revisions : {&recent_, &older_}) {
      const auto found = revisions->find(key);
      // One that was deleted and made again has the same numbers.
      if (found == revisions->end() || found->second.document != record.document()) continue;
      auto component = found->second.component;
      if (revisions == &older_) Keep(key, std::move(older_.extract(found).mapped()));
      return component;
    }
  }
  WEFT_ASSIGN_OR_RETURN(model::ComponentSchematic decoded, ReadRevision(record));
  auto component = std::make_shared<const model::ComponentSchematic>(std::move(decoded));
  std::lock_guard lock(mutex_);
  Keep(key, {record.document(), component});
  return component;
}

void DecodedRevisions::Keep(const std::string& key, Decoded decoded) {
  if (recent_bytes_ + decoded.document.size() > most_bytes_ / 2) {
    older_ = std::exchange(recent_, {});
    recent_bytes_ = 0;
  }
  Decoded& slot = recent_[key];
  recent_bytes_ += decoded.document.size() - slot.document.size();
  slot = std::move(decoded);
}

}  // namespace weft::catalog
