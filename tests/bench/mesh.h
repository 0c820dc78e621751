#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/input.h"
#include "tests/bench/load.h"

namespace weft::bench {

// The real mesh, as weft-core puts it together, with the providers as processes of their own. A
// call renders and merges an application. Thread-safe.
class Mesh {
 public:
  // `programs` is the folder of the providers' programs, `folder` an empty one for sockets and the
  // store. UNAVAILABLE: a provider does not come up in time.
  static absl::StatusOr<std::unique_ptr<Mesh>> Start(const std::string& programs,
                                                     const std::string& folder);
  virtual ~Mesh() = default;

  // Every call is of an application that was never rendered before: every provider is asked for
  // each workload.
  virtual absl::StatusOr<StartCall> Cold(const Size& size) = 0;
  // Every call is of one application: after the first all answers come from the store.
  virtual absl::StatusOr<StartCall> Cached(const Size& size) = 0;
};

}  // namespace weft::bench
