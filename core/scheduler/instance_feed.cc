#include "core/scheduler/instance_feed.h"

#include <functional>
#include <optional>
#include <utility>

#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/live_instances.h"
#include "core/scheduler/records.h"
#include "core/scheduler/runtime_choice.h"
#include "core/store/keys.h"

namespace weft::scheduler {

using core::v1::LiveInstance;
using core::v1::WatchInstancesResponse;

namespace {

constexpr size_t kBytesOfAnEntry = 6;  // At most: the tag and the length in front of it.
constexpr size_t kBytesOfSynced = 2;

}  // namespace

absl::Status InstanceFeed::Next(WatchInstancesResponse& page) {
  if (!begun_) WEFT_RETURN_IF_ERROR(Begin());
  size_t bytes = page.ByteSizeLong();
  while (Flush(page, bytes)) {
    if (!synced_ && unsynced_ == 0) {
      page.mutable_synced();
      synced_ = true;
    }
    const std::optional<std::string> application = dirty_.Take();
    if (!application.has_value()) break;
    if (unsynced_ > 0) --unsynced_;
    WEFT_RETURN_IF_ERROR(Compose(*application));
  }
  return absl::OkStatus();
}

// Lets every stored application wait to be told.
absl::Status InstanceFeed::Begin() {
  const auto add = [this](const std::string& key, const std::string&) {
    dirty_.Add(key.substr(sizeof(store::kApplications) - 1));
    return absl::OkStatus();
  };
  WEFT_RETURN_IF_ERROR(store::ForEach(*source_.store, store::kApplications, add));
  unsynced_ = dirty_.size();
  begun_ = true;
  return absl::OkStatus();
}

// Moves what waits into the page; false: it is full.
bool InstanceFeed::Flush(WatchInstancesResponse& page, size_t& bytes) {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    Item& item = waiting_.front();
    if (bytes > 0 && bytes + item.bytes + kBytesOfSynced > kPageBytes) return false;
    bytes += item.bytes;
    if (item.gone.empty()) {
      *page.add_changed() = std::move(item.changed);
    } else {
      page.add_gone(std::move(item.gone));
    }
  }
  return true;
}

// Compares the instances of an application with what was sent of it.
absl::Status InstanceFeed::Compose(const std::string& application) {
  const auto [ns, name] = SplitApplicationKey(application);
  const absl::StatusOr<StoredApplication> stored = ReadApplication(*source_.store, ns, name);
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
  std::map<std::string, LiveInstance> live;  // By key.
  if (stored.ok()) WEFT_RETURN_IF_ERROR(Read(stored->record, live));
  const auto known = sent_.find(application);
  if (live.empty() && known == sent_.end()) return absl::OkStatus();
  const std::map<std::string, size_t> before =
      known == sent_.end() ? std::map<std::string, size_t>() : std::move(known->second);
  std::map<std::string, size_t> now;
  for (auto& [key, instance] : live) {
    const std::string text = instance.SerializeAsString();
    now[key] = std::hash<std::string>()(text);
    const auto last = before.find(key);
    if (last != before.end() && last->second == now[key]) continue;
    waiting_.push_back({std::move(instance), "", text.size() + kBytesOfAnEntry});
  }
  for (const auto& [key, hash] : before) {
    if (!now.contains(key)) waiting_.push_back({{}, key, key.size() + kBytesOfAnEntry});
  }
  if (now.empty()) {
    sent_.erase(application);
  } else {
    sent_[application] = std::move(now);
  }
  return absl::OkStatus();
}

absl::Status InstanceFeed::Read(const store::v1::ApplicationRecord& record,
                                std::map<std::string, LiveInstance>& live) const {
  if (!HasInstances(record, types_)) return absl::OkStatus();
  store::Store& store = *source_.store;
  const std::string &ns = record.name_space(), &name = record.name();
  WEFT_ASSIGN_OR_RETURN(const Inventory inventory, ReadInventory(store, ns, name));
  WEFT_ASSIGN_OR_RETURN(const auto desired, ReadDesired(store, ns, name));
  WEFT_ASSIGN_OR_RETURN(const auto reports, ReadReports(store, ns, name));
  const Observed::View observed = source_.observed(record);
  provider::v1::Target target;
  target.set_runtime(RuntimeOf(record));
  target.set_platform(source_.platform(target.runtime()));
  for (LiveInstance& instance : MakeLiveInstances({.record = record,
                                .inventory = inventory,
                                .desired = desired,
                                .reports = reports,
                                .observed = observed,
                                .target = std::move(target)},
                                                  types_))
    live[instance.instance().key()] = std::move(instance);
  return absl::OkStatus();
}

}  // namespace weft::scheduler
