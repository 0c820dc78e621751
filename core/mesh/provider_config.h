#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace weft::mesh {

// After how long a call is given up; 1 ms to 10 minutes. Source: docs/protocol.md, "The call".
struct Deadlines {
  absl::Duration describe = absl::Seconds(1);
  absl::Duration render = absl::Seconds(2);
  absl::Duration assess = absl::Seconds(1);
  absl::Duration timeline = absl::Seconds(1);
  absl::Duration finalize = absl::Seconds(5);

  bool operator==(const Deadlines&) const = default;
};

// One configured provider, from a file DATA/providers/NAME.yaml:
//   name: greeter
//   address: greeter.example:50051        # or unix:/run/weft/weft-provider-server.sock
//   identity: provider/greeter            # over TCP: whom its certificate must name
//   server_name: greeter.example          # over TCP: the host that it must name
//   types: [greeter]                      # that it may serve
//   artifact: sha256:...                  # of the program; measured by whoever starts it
//   deadlines: {render: 2s, assess: 1s}   # see Deadlines
//   limits: {in_flight: 32}               # calls at once (bulkhead.h)
//   failure_policy: Optional               # of traits: what becomes of an apply without its answer
// A provider in a container has, instead of an address, that of its ready pods:
//   application: weft-system/greeter
//   port: 50051
//   accepted: sha256:...                  # what a person agreed to (rights.h)
struct ProviderConfig {
  std::string name;
  std::string address;      // gRPC's form. With `application`: found at run time; empty: nowhere.
  std::string artifact;     // Empty: not known.
  std::string identity;     // Empty only with a unix socket.
  std::string server_name;  // Empty: the address's host (ChannelOptions).
  std::vector<std::string> types;  // Canonical. Empty, only with a unix socket: all it describes.
  std::string application;         // "NAMESPACE/NAME"
  int port = 0;                    // With `application`.
  std::string accepted;            // RightsDigest; empty: any.
  Deadlines deadlines;
  int in_flight = 32;
  bool optional = false;  // The failure policy: Optional, not Required.

  bool operator==(const ProviderConfig&) const = default;
};

struct ProviderConfigs {
  std::vector<ProviderConfig> providers;  // By name.
  std::vector<std::string> problems;      // Of files that cannot be used: "FILE: what is wrong".
};

// Reads every *.yaml file of `directory`. Strict: an unknown key is a problem. A file that cannot
// be used leaves the others alone. A directory that does not exist is empty.
ProviderConfigs ReadProviderConfigs(const std::string& directory);

// The text of such a file.
std::string ProviderFile(const ProviderConfig& config);

}  // namespace weft::mesh
