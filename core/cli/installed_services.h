#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/data_directory.h"
#include "core/config/services_config.h"

// Which services `weft up` runs, and with which command line.
namespace weft::cli {

inline constexpr char kCoreService[] = "weft-core";
inline constexpr char kRuntimePrefix[] = "weft-runtime-";

// How to run one service.
struct Service {
  std::string name;                      // Of the program: "weft-core", "weft-provider-server".
  std::string program;                   // Its path.
  std::vector<std::string> arguments;    // Without the program.
  std::vector<std::string> environment;  // NAME=VALUE, beside what is inherited.
  std::string address;                   // Where it serves, in gRPC's form: "unix:/...".
  std::string provider;                  // Providers only: "server", its name in the configuration.
  std::string runtime;                   // Runtimes only: "local", its name likewise.
  std::string note;  // What somebody who waits for it should know; may be empty.
};

// The folder in which this installation's services stand: ../libexec/weft beside the folder of the
// program `self` if weft-core is there, else the folder of `self` (a build tree).
std::string ServiceFolder(const std::string& self);

// The path of the running program.
std::string SelfPath();

// The services in `folder`, in order of name: weft-core, every weft-provider-NAME, and the
// weft-runtime-NAME that are chosen. NOT_FOUND, naming the folder: there is no weft-core, or not a
// runtime that is chosen.
absl::StatusOr<std::vector<Service>> FindServices(const std::string& folder,
                                                  const DataDirectory& data,
                                                  const config::ServicesConfig& choice);

// "sha256:" and the hex digest of the file at `path` (protocol.md, "Artifact"). UNAVAILABLE: cannot
// be read. Digests are kept as long as the file's identity, size and times stay. Thread-safe.
absl::StatusOr<std::string> MeasureArtifact(const std::string& path);

// The text of the configuration file of a provider that `weft up` runs, with the deadlines,
// limits and failure policy that stand in it now.
std::string ProviderFile(const Service& service, std::string_view artifact,
                         const std::string& before);

// Writes the configuration of a runtime that `weft up` runs, DATA/runtimes/NAME.yaml, if it is
// another; removes the one that was written so. FAILED_PRECONDITION: it cannot be written.
absl::Status WriteRuntimeFile(const DataDirectory& data, const Service& service);
void RemoveRuntimeFile(const DataDirectory& data, const Service& service);

}  // namespace weft::cli
