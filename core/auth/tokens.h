#pragma once

#include <map>
#include <mutex>
#include <string>
#include <sys/stat.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/auth/caller.h"
#include "core/base/data_directory.h"

// The tokens by which the children of `weft up` say who they are: DATA/tokens, mode 0600, a line
// "PROGRAM TOKEN" for each. It outlives the supervisor, so that the tokens of what still runs stay
// valid.
namespace weft::auth {

// Gives the child `program` ("weft-provider-server") a new token of 256 bits, in hex; the one that
// it had is void. One process at a time. FAILED_PRECONDITION: the file cannot be written.
absl::StatusOr<std::string> NewToken(const DataDirectory& data, const std::string& program);

// What a program is to the core: "weft-provider-server" the provider server, "weft-runtime-local"
// the runtime local. NOT_FOUND: it calls nobody.
absl::StatusOr<Caller> CallerOf(const std::string& program);

// Reads the file, again whenever it changed. Thread-safe.
class Tokens {
 public:
  explicit Tokens(const DataDirectory& data);

  // Whose token it is. UNAUTHENTICATED: nobody's.
  absl::StatusOr<Caller> Find(const std::string& token) const;

 private:
  void ReadAgainLocked() const;

  const std::string file_;
  mutable std::mutex mutex_;
  mutable struct stat read_ = {};                  // The file when it was read last.
  mutable std::map<std::string, Caller> callers_;  // By token.
};

}  // namespace weft::auth
