#pragma once

#include <grpcpp/grpcpp.h>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/auth/authenticator.h"
#include "core/base/data_directory.h"
#include "core/config/core_config.h"
#include "core/store/store.h"

namespace weft::cmd {

// What the parts are made of.
struct Settings {
  DataDirectory data;
  config::CoreConfig config;
  std::string installation;
  std::unique_ptr<store::Store> store;
};

// The identity of this core, issued on first need, for hosts that reach it at `address` if that is
// TCP. Returns its directory.
absl::StatusOr<std::string> EnsureIdentity(const DataDirectory& data,
                                           const std::string& address = "");

// The parts of a core, wired together. One thread uses it.
class Parts {
 public:
  // Both outlive the object.
  Parts(const Settings& settings, const auth::Authenticator& authenticator);
  ~Parts();

  absl::Status Start();
  // What to serve; for as long as this lives.
  std::vector<grpc::Service*> services();
  // Ends the streams, which would go on for ever.
  void EndStreams();
  // Every call has ended: ends what is left of them.
  void EndWork();

 private:
  struct Wiring;
  const std::unique_ptr<Wiring> wiring_;
};

}  // namespace weft::cmd
