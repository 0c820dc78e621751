#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/data_directory.h"

// The end of an installation: what `weft down --purge` removes once no service runs any more.
namespace weft::cli {

// Ends what outlives the services of the data directory: the proxy; the private
// engine, its containerd, its shims and what runs in their containers. They are found by their
// command lines, which name DATA/proxy and DATA/engine; nothing else is touched, and none of it
// is a success. DEADLINE_EXCEEDED: a process does not end.
absl::Status EndWhatOutlives(const DataDirectory& data);

// Removes what is Weft's in the data directory, and the directory if nothing else is left. Mounts
// below DATA/engine, which a dead engine leaves, are unmounted first; symbolic links are removed,
// not followed. Returns the names of the entries that are not Weft's and stay. FAILED_PRECONDITION,
// and nothing is removed: something else is mounted below the directory, or a mount cannot be
// undone. INTERNAL: an entry cannot be removed.
absl::StatusOr<std::vector<std::string>> RemoveData(const DataDirectory& data);

}  // namespace weft::cli
