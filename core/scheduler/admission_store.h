#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/merge/merge.h"
#include "core/model/diagnostic.h"
#include "core/scheduler/admission_check.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::scheduler {

// An application as it will stand in the store.
struct DesiredApplication {
  const CheckedApplication* checked = nullptr;
  std::vector<store::v1::InstanceRecord> instances;
  std::vector<store::v1::DesiredRecord> objects;
};

// The desired set of an application from what was rendered for its instances. Two instances with
// the same object are an error.
DesiredApplication MakeDesired(const CheckedApplication& checked,
                               const std::vector<std::vector<merge::MergedObject>>& objects,
                               model::Diagnostics& diagnostics);

// One change of the store, and what it says to the user.
struct StoredChange {
  store::Transaction transaction;
  std::vector<core::v1::ApplyResponse::Change> changes;
  std::vector<std::string> applications;  // Keys of those that changed.
  model::Diagnostics diagnostics;         // Errors: an object belongs to another application.
};

// What makes the store hold the call: new component revisions, the applications, their desired sets
// and inventories. An instance that stays keeps the time at which it was attached, and the claims
// on what it steers. What is as it should be is not written. The transaction expects that
// everything which it was computed from is unchanged.
absl::StatusOr<StoredChange> MakeChange(const Checked& checked,
                                        const std::vector<DesiredApplication>& applications,
                                        int64_t now_unix_ms, store::Store& store);

// What makes an application one that is to be deleted.
absl::StatusOr<store::Transaction> MakeDeletion(const std::string& ns, const std::string& name,
                                                int64_t now_unix_ms, store::Store& store);

}  // namespace weft::scheduler
