#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "core/scheduler/dirty_keys.h"
#include "core/scheduler/observed.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"
#include "weft/core/v1/instances.pb.h"

namespace weft::scheduler {

// What one watcher of instances is sent: every live instance of its types, then SYNCED, then what
// became another. An instance is built when it is sent, from what holds then; between two messages
// the feed holds a hash of each instance that it sent, and at most one application's instances that
// found no place in the last message.
//
// Changed is thread-safe; Next is called from one thread at a time.
class InstanceFeed {
 public:
  struct Source {
    store::Store* store = nullptr;  // Outlives the object.
    // What is observed of an application on its runtime.
    std::function<Observed::View(const store::v1::ApplicationRecord&)> observed;
    // The platform of a runtime by its name; empty: it never said.
    std::function<std::string(const std::string& runtime)> platform;
  };
  static constexpr size_t kPageBytes = 1024 * 1024;  // Source: weft.core.v1.Instances.Watch.

  InstanceFeed(Source source, std::set<std::string> types)
      : source_(std::move(source)), types_(std::move(types)) {}

  const std::set<std::string>& types() const { return types_; }

  // Something of `application` may have become another. True: the feed was at rest, so there may be
  // a message to send.
  bool Changed(const std::string& application) { return dirty_.Add(application); }

  // Adds to `page` what there is to send now, up to kPageBytes; an instance that is larger goes
  // alone. Nothing: everything was sent. Blocks for the store, whose errors it returns.
  absl::Status Next(core::v1::WatchInstancesResponse& page);

 private:
  struct Item {
    core::v1::LiveInstance changed;
    std::string gone;  // A key; empty: `changed` counts.
    size_t bytes = 0;  // In a page.
  };

  absl::Status Begin();
  absl::Status Compose(const std::string& application);
  absl::Status Read(const store::v1::ApplicationRecord& record,
                    std::map<std::string, core::v1::LiveInstance>& live) const;
  bool Flush(core::v1::WatchInstancesResponse& page, size_t& bytes);

  const Source source_;
  const std::set<std::string> types_;
  DirtyKeys dirty_;  // Applications.
  bool begun_ = false, synced_ = false;
  size_t unsynced_ = 0;       // Of the applications that wait, these are told before SYNCED.
  std::deque<Item> waiting_;  // Composed, not sent.
  // The hash of each instance as it was sent last, by application and key.
  std::map<std::string, std::map<std::string, size_t>> sent_;
};

}  // namespace weft::scheduler
