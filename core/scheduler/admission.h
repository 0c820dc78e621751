#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/worker_pool.h"
#include "core/mesh/providers.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::scheduler {

// Takes what users apply: decodes, resolves, renders, merges, asks the runtime whether it could
// carry it out, and stores the result in one transaction. With one error nothing changes.
// Thread-safe.
class Admission {
 public:
  struct Options {
    store::Store* store = nullptr;
    const mesh::Providers* providers = nullptr;
    runtime::v1::Runtime::StubInterface* runtime = nullptr;
    WorkerPool* pool = nullptr;  // Where it works. All of these outlive every call.
    std::string installation;
    // Called with an application's key after it was stored.
    std::function<void(const std::string& application)> on_stored;
  };
  using Done = std::function<void(absl::StatusOr<core::v1::ApplyResponse>)>;

  explicit Admission(Options options) : options_(std::move(options)) {}

  // Returns at once; `done` is called exactly once, from the pool. Statuses as Applications.Apply.
  void Apply(core::v1::ApplyRequest request, Done done) const;

  // Marks an application as to be deleted, with everything it has. NOT_FOUND; ABORTED: it was
  // changed meanwhile again and again. Blocks for the store.
  absl::Status Delete(const std::string& ns, const std::string& name) const;

 private:
  const Options options_;
};

}  // namespace weft::scheduler
