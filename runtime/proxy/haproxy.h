#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/status/status.h"
#include "runtime/proxy/proxy.h"

namespace weft::proxy {

// HAProxy, which outlives the program that starts it. For a change another process takes over the
// sockets of the one that runs, which then ends with its last request, within an hour: no
// connection is lost. docs/adr/0028-ingress-on-one-machine.md.
class HaProxy final : public Proxy {
 public:
  // All of it is in `directory`.
  explicit HaProxy(std::string directory);

  absl::Status Serve(const ProxySetup& setup) override;
  bool Runs() const override;
  void Stop() override;

 private:
  // What a process serves is in the name of its configuration, so that its command line says it.
  std::string ConfigFile(const ProxySetup& setup, const std::string& config) const;
  pid_t Serving() const;  // Which process answers at the socket; -1: none does.
  std::vector<pid_t> Processes() const;
  absl::Status WriteFiles(const ProxySetup& setup) const;
  absl::Status Start(const std::string& config_file, bool takes_over) const;
  void RemoveFilesBut(const ProxySetup& setup, const std::string& config_file) const;
  void EndOthers(const std::string& config_file) const;

  const std::string directory_;
  const ProxyUser user_;
};

}  // namespace weft::proxy
