#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/data_directory.h"
#include "core/cli/terminal.h"

namespace weft::cli {

// Asks the core to delete an application; with `force` without asking providers whether what
// finalizes may go. Errors as Applications.Delete: NOT_FOUND and others.
absl::Status RequestDeletion(const DataDirectory& data, const std::string& name_space,
                             const std::string& name, bool force = false);

// Waits until the application is gone; shows progress and the end. DEADLINE_EXCEEDED: `deadline`
// came first; the deletion goes on.
absl::Status AwaitDeleted(const DataDirectory& data, const Terminal& terminal,
                          const std::string& name_space, const std::string& name,
                          absl::Time deadline);

// Removes an installed provider and waits until it is gone. Errors as Catalog.RemoveProvider;
// DEADLINE_EXCEEDED: `deadline` came first.
absl::Status RemoveProvider(const DataDirectory& data, const std::string& name,
                            absl::Time deadline);

// Deletes every application of every namespace, then every installed provider, and waits for all of
// them, up to `timeout`.
absl::Status DeleteAllApplications(const DataDirectory& data, const Terminal& terminal,
                                   absl::Duration timeout);

}  // namespace weft::cli
