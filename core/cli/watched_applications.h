#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::cli {

// The lines of `weft get apps --watch`: a table of what there is, then a row for each application
// that looks otherwise than its last row, or is gone. One thread.
class WatchedApplications {
 public:
  // `namespaces`: with a column for the namespace.
  explicit WatchedApplications(bool namespaces) : namespaces_(namespaces) {}

  // What the next message adds, with ages counted to `now`; may be empty.
  std::string Take(const core::v1::WatchAllResponse& message, absl::Time now);

 private:
  using Row = std::vector<std::string>;
  void Gone(const std::string& key);
  std::string Render(std::vector<Row> rows);

  const bool namespaces_;
  bool begun_ = false;                // The heading was written.
  std::map<std::string, Row> shown_;  // The last row of each, by namespace and name.
  std::set<std::string> unseen_;      // Keys of what was shown before the last new beginning, only.
  std::vector<Row> waiting_;          // Until everything is known.
  std::vector<int> widths_;
};

}  // namespace weft::cli
