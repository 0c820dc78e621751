#include "core/scheduler/orphans.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

std::string KeyOf(const std::string& runtime, const std::string& object) {
  return absl::StrCat(runtime, "/", object);
}

}  // namespace

std::string OrphanKey(const Orphan& orphan) {
  return KeyOf(orphan.runtime, store::ObjectKey(orphan.object.ref()));
}

absl::StatusOr<std::vector<Orphan>> FindOrphans(const Runtimes& runtimes, store::Store& store,
                                                const std::string& after, size_t most) {
  std::vector<Orphan> orphans;
  for (const RuntimeState& state : runtimes.states()) {
    const auto runtime = runtimes.Find(state.config.name);
    if (runtime == nullptr) continue;
    std::vector<std::string> objects = runtime->observed.Objects();
    std::sort(objects.begin(), objects.end());
    for (const std::string& object : objects) {
      if (orphans.size() == most) return orphans;
      if (KeyOf(state.config.name, object) <= after) continue;
      const absl::Status owned = store.Get(store::ObjectOwnerKey(object)).status();
      if (owned.ok()) continue;
      if (!absl::IsNotFound(owned)) return owned;
      // An object that its application has just lost leaves both.
      std::optional<runtime::v1::Projection> there = runtime->observed.Find(object);
      if (!there.has_value() || there->has_controller()) continue;
      orphans.push_back({state.config.name, *std::move(there)});
    }
  }
  return orphans;
}

}  // namespace weft::scheduler
