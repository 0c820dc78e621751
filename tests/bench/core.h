#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/data_directory.h"
#include "tests/bench/process.h"
#include "tests/bench/report.h"

namespace weft::bench {

// weft-core with its store in a folder of its own, the server and manual-scaler providers, and
// weft-runtime-fake, each a process. Not thread-safe.
class CoreProcesses {
 public:
  // Starts all of them; does not wait until they serve. INTERNAL: one cannot be started.
  static absl::StatusOr<CoreProcesses> Start();

  // Starts one more provider with `command`, which is told where to listen by --listen and by
  // WEFT_LISTEN, and configures it: the core finds it by itself. INTERNAL: it cannot be started.
  absl::Status StartProvider(const std::string& name, std::vector<std::string> command);

  std::string address() const { return data_.SocketAddress("core"); }

  // kill -9, and starts it again.
  absl::Status RestartCore();
  // How often, since the first start, it has known all that the runtime has.
  int TimesSynced() const;
  // Resident, in bytes.
  int64_t Memory() const;
  // Of a processor, since its start.
  absl::Duration ProcessorTime() const;

 private:
  CoreProcesses(Folder folder, DataDirectory data)
      : folder_(std::move(folder)), data_(std::move(data)) {}
  absl::Status StartCore();
  absl::Status StartOther(const std::string& kind, const std::string& name,
                          std::vector<std::string> command);

  Folder folder_;
  DataDirectory data_;
  std::vector<Process> others_;
  std::optional<Process> core_;
};

}  // namespace weft::bench
