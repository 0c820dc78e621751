#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/base/worker_pool.h"
#include "core/catalog/decoded_revisions.h"
#include "core/mesh/providers.h"
#include "core/scheduler/events.h"
#include "core/scheduler/policy_check.h"
#include "core/scheduler/runtimes.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::scheduler {

// Who asks for a change.
struct Author {
  std::string name = {};  // As weft.core.v1.Event.by; empty: not known.
  bool system = false;    // The core itself, which may write to kSystemNamespace.
};

// Takes what users apply: decodes, resolves, renders, merges, judges by the namespace's policy,
// asks the runtime that it goes to whether it could carry it out, and stores the result in one
// transaction. With one error nothing changes. Thread-safe.
class Admission {
 public:
  struct Options {
    store::Store* store = nullptr;
    const mesh::Providers* providers = nullptr;
    const Runtimes* runtimes = nullptr;
    WorkerPool* pool = nullptr;                   // Where it works.
    Events* events = nullptr;                     // All of these outlive every call.
    std::function<absl::Time()> now = absl::Now;  // What is stored as the time of a change.
    std::string installation;
    Policies policies = {};
    std::shared_ptr<catalog::DecodedRevisions> decoded =
        std::make_shared<catalog::DecodedRevisions>();
    // Called with an application's key after it was stored.
    std::function<void(const std::string& application)> on_stored;
  };
  template <class Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  explicit Admission(Options options) : options_(std::move(options)) {}

  // Returns at once; `done` is called exactly once, from the pool. Statuses as Applications.Apply.
  void Apply(core::v1::ApplyRequest request, Done<core::v1::ApplyResponse> done,
             const Author& author = {}) const;

  // As Apply; changes nothing. Statuses as Applications.Plan.
  void Plan(core::v1::PlanRequest request, Done<core::v1::PlanResponse> done) const;

  // What RenderAgain came to.
  struct RenderedAgain {
    // It would delete these and was not stored, for want of consent; else it was.
    std::vector<common::v1::ObjectRef> held;
  };

  // Renders a stored application as it was applied last, with the revisions of its components, from
  // what providers reported since (render_again.h). Returns at once; `done` is called exactly once,
  // from the pool or before this returns. NOT_FOUND: there is no such application, or it is being
  // deleted; FAILED_PRECONDITION: it has an error now, which the message says; else as
  // Applications.Apply.
  void RenderAgain(const std::string& ns, const std::string& name, Done<RenderedAgain> done) const;

  // Statuses as Applications.Rollback. Blocks for the store and for the runtime.
  absl::StatusOr<core::v1::RollbackResponse> Rollback(const core::v1::RollbackRequest& request,
                                                      const Author& author = {}) const;

  // Marks an application as to be deleted, with everything it has; with `force`, without asking the
  // providers of what finalizes, also if it is being deleted already. NOT_FOUND; ABORTED: it was
  // changed meanwhile again and again; FAILED_PRECONDITION: it is the installation's own, and
  // `author` not the core. Blocks for the store.
  absl::Status Delete(const std::string& ns, const std::string& name, const Author& author = {},
                      bool force = false) const;

 private:
  const Options options_;
};

}  // namespace weft::scheduler
