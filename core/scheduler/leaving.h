#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/catalog/type.h"
#include "core/scheduler/plan.h"
#include "core/scheduler/records.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

// Instances that were removed and that their providers have not let go yet. While one leaves, the
// objects that it holds are wanted and stay desired, as they were applied last.
namespace weft::scheduler {

// The workload or trait that leaves.
const provider::v1::Instance& InstanceOf(const store::v1::LeavingRecord& record);
// The configured name of the provider that served it when it was applied last.
const std::string& ProviderOf(const store::v1::LeavingRecord& record);
// "scaler of front", or of a workload "front".
std::string DescribeInstance(const store::v1::LeavingRecord& record);

// An application of which instances go.
struct Removal {
  const store::v1::ApplicationRecord& before;  // What it is in the store.
  const Inventory& inventory;
  const std::map<std::string, store::v1::DesiredRecord>& desired;  // As stored.
  // For what comes after what; null: nothing is known of that.
  const catalog::TypeTable* types = nullptr;
  int64_t now_unix_ms = 0;
};

// Who leaves when only the instances of `after` stay, and only the objects with the keys `wanted`
// are desired: those that left before and did not come back, and those of `before` that finalize. A
// trait holds the objects that it wrote to; where its workload goes, too, everybody holds all
// objects of the component. Pure.
std::vector<store::v1::LeavingRecord> MakeLeaving(const Removal& removal,
                                                  const store::v1::ApplicationRecord& after,
                                                  const std::set<std::string>& wanted);

// The objects that somebody who leaves holds, by store::ObjectKey.
std::set<std::string> HeldObjects(const store::v1::ApplicationRecord& record);

// After this long somebody has to do something. Source: weft.core.v1.LeavingInstance.
inline constexpr absl::Duration kBlockedAfter = absl::Minutes(10);
inline absl::Time BlockedAt(const store::v1::LeavingRecord& record) {
  return absl::FromUnixMillis(record.since_unix_ms()) + kBlockedAfter;
}
inline bool IsBlocked(const store::v1::LeavingRecord& record, absl::Time now) {
  return now >= BlockedAt(record);
}

// Whether the two leave one component, and so go in order.
bool IsOfOneComponent(const store::v1::LeavingRecord& a, const store::v1::LeavingRecord& b);

// Whether it is its turn to be asked: all of its component that go before it are gone.
bool IsNext(const store::v1::LeavingRecord& leaving, const store::v1::ApplicationRecord& record);

// What makes the application one that `gone` says of who left; nobody waits for these any more, and
// what nobody holds now is not wanted. The transaction expects that the application is as `stored`.
// Errors are the store's.
absl::StatusOr<store::Transaction> LetGo(
    const StoredApplication& stored,
    const std::function<bool(const store::v1::LeavingRecord&)>& gone, store::Store& store);

}  // namespace weft::scheduler
