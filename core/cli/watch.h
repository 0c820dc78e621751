#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/data_directory.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::cli {

// Watches one application until `done` says so, calling it with every state on the caller's thread.
// A core that goes away meanwhile is waited for.
// NOT_FOUND: the application is gone, or never was. DEADLINE_EXCEEDED: `deadline` came first.
// UNAVAILABLE: the core cannot be reached at the start.
absl::Status WatchApplication(const DataDirectory& data, const std::string& name_space,
                              const std::string& name, absl::Time deadline,
                              const std::function<bool(const core::v1::Application&)>& done);

// Watches all applications of a namespace, or (empty) of all, until `take` says so, calling it with
// every message on the caller's thread. A core that goes away meanwhile is waited for; then it goes
// on where it was. UNAVAILABLE: the core cannot be reached at the start.
absl::Status WatchApplications(const DataDirectory& data, const std::string& name_space,
                               const std::function<bool(const core::v1::WatchAllResponse&)>& take);

}  // namespace weft::cli
