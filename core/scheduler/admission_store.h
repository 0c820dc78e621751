#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/merge/merge.h"
#include "core/model/diagnostic.h"
#include "core/scheduler/admission_check.h"
#include "core/scheduler/desired_application.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::scheduler {

// What a change calls an application; a component is called by its document's kind.
inline constexpr char kApplicationKind[] = "ApplicationConfiguration";

// The desired set of an application from what was rendered for its instances. Two instances with
// the same object are an error.
DesiredApplication MakeDesired(const CheckedApplication& checked,
                               const std::vector<std::vector<merge::MergedObject>>& objects,
                               model::Diagnostics& diagnostics);

// One change of the store, and what it says to the user.
struct StoredChange {
  store::Transaction transaction;
  std::vector<core::v1::ApplyResponse::Change> changes;
  std::vector<std::string> applications;         // Keys of those that changed.
  std::vector<common::v1::ObjectRef> deletions;  // Objects that are not wanted any more.
  model::Diagnostics diagnostics;  // Errors: an object belongs to another application.
};

// What makes the store hold the call: new component revisions, the applications, their desired sets
// and inventories; what they were before is kept as a revision. Of what is removed leaves what
// finalizes (leaving.h). An instance that stays keeps the
// time at which it was attached, and the claims on what it steers. What is as it should be is not
// written. The transaction expects that everything which it was computed from is unchanged.
absl::StatusOr<StoredChange> MakeChange(const Checked& checked,
                                        const std::vector<DesiredApplication>& applications,
                                        int64_t now_unix_ms, store::Store& store);

// As MakeChange, for an application that is restored (see Restore). Errors are diagnostics without
// a place: another application has one of its instance names or objects since.
absl::StatusOr<StoredChange> MakeRestoration(const DesiredApplication& application,
                                             int64_t now_unix_ms, store::Store& store);

// Commits `change` unless it is empty, and calls `on_stored` with each of its applications; also
// after an error that leaves open whether it was committed. Errors as Store::Commit.
absl::Status CommitChange(StoredChange& change, store::Store& store,
                          const std::function<void(const std::string& application)>& on_stored);

}  // namespace weft::scheduler
