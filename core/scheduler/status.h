#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/scheduler/assessor.h"
#include "core/scheduler/observed.h"
#include "core/scheduler/plan.h"
#include "core/store/records.pb.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::scheduler {

// Everything that an application's status is made of.
struct StatusInput {
  const store::v1::ApplicationRecord& record;
  const Inventory& inventory;
  const std::map<std::string, store::v1::DesiredRecord>& desired;  // By store::ObjectKey.
  const Observed::View& observed;
  std::vector<std::string> problems;  // What keeps it from being carried out.
  bool pending = false;               // Something changed that nobody has looked at yet.
  absl::Time now = absl::UnixEpoch();
  std::function<Opinion(const std::string& instance)> opinion;
  // Of one that leaves, for people.
  std::function<std::string(const store::v1::LeavingRecord&)> waits_for = nullptr;
  const std::map<std::string, store::v1::ReportRecord>& reports;         // By instance key.
  std::function<std::string(const std::string& provider)> why_away;      // Empty: it can be asked.
  std::function<int64_t(const std::string& component)> latest_revision;  // 0: it is gone.
  store::v1::RenderAgainRecord again = {};  // Empty: it need not be rendered again.
};

// Pure.
core::v1::Application MakeStatus(const StatusInput& input);

// The worse of two: FAILED, DEGRADED, UNKNOWN, PROGRESSING, HEALTHY.
bool IsWorse(common::v1::Verdict a, common::v1::Verdict b);

}  // namespace weft::scheduler
