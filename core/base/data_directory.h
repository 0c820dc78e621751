#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weft {

// Where an installation keeps everything it has. All programs of one installation share one data
// directory:
//   installation   its identity, made once
//   run/           sockets NAME.sock, process files, of mode 0700
//   logs/          NAME.log
//   providers/     NAME.yaml, one file for each configured provider
//   runtimes/      NAME.yaml, one file for each configured runtime
//   pki/, identities/, tokens   who calls over TCP, and which children call (docs/security.md)
//   core.db, runtime-local.db, engine/
// Thread-safe.
class DataDirectory {
 public:
  // `path`, or if empty WEFT_DATA, or ~/.weft. Makes it and run/, logs/, providers/ and runtimes/
  // with mode 0700. FAILED_PRECONDITION: cannot be made, or its run/ is open to others.
  // INVALID_ARGUMENT: no home, or a path so long that its sockets could not be named (107 bytes,
  // unix(7)).
  static absl::StatusOr<DataDirectory> Open(std::string path);

  const std::string& path() const { return path_; }
  std::string Below(const std::string& name) const { return path_ + "/" + name; }
  // The path of a service's unix socket and the gRPC address of it: "unix:/...".
  std::string SocketPath(const std::string& service) const {
    return path_ + "/run/" + service + ".sock";
  }
  std::string SocketAddress(const std::string& service) const {
    return "unix:" + SocketPath(service);
  }

  // The identity of this installation: 12 lower-case hex digits, made at the first call and never
  // changed. FAILED_PRECONDITION: it cannot be read or made, or a restore was cut short.
  absl::StatusOr<std::string> Installation() const;

  // FAILED_PRECONDITION: a restore into it was cut short, so that it may hold half of one
  // installation and half of another (core/base/pending_restore.h).
  absl::Status CheckRestored() const;

  // Locks run/NAME.lock until the process ends. FAILED_PRECONDITION: another process holds it,
  // named by id.
  absl::Status Lock(const std::string& name) const;

 private:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// 2 * `bytes` lower-case hex digits from the kernel's random source.
std::string RandomHex(int bytes);

}  // namespace weft
