#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "runtime/kubernetes/api_status.h"
#include "runtime/kubernetes/apply.h"
#include "runtime/kubernetes/apply_step.h"
#include "runtime/kubernetes/discovery.h"
#include "runtime/kubernetes/object_locks.h"

namespace weft::kubernetes {

// Applies and deletes objects on the API server. Nothing is kept: what was accepted stands in the
// objects themselves. Thread-safe; blocks for the server.
class Applier {
 public:
  struct Options {
    std::string installation;
    // Called with every object of ours that an apply left behind, and where it stands. May be
    // empty.
    std::function<void(const Resource& resource, const json::value& object)> on_applied;
    // Says that no object of ours has this reference, as far as is known: then the first attempt is
    // to make it. May be empty: it is asked for first.
    std::function<bool(const ObjectRef& ref)> seems_absent;
  };
  // Both outlive it. `server` sends again what fails for a reason that passes.
  Applier(ApiServer& server, Discovery& discovery, Options options)
      : server_(server), discovery_(discovery), options_(std::move(options)) {}

  ApplyResult Apply(const AppliedObject& wanted, bool dry_run);

  // An object that is not there, or that is not of this installation, is a success.
  absl::Status Delete(const ObjectRef& ref);

 private:
  struct Attempt;
  ApplyResult Carry(Attempt& attempt);
  bool Look(Attempt& attempt);
  bool Take(Attempt& attempt, const ApplyStep& step);
  bool TakeFailure(Attempt& attempt, const ApplyStep& step, const ApiStatus& status);
  bool CouldBeMade(const Attempt& attempt);
  ApplyResult DryRun(Attempt& attempt);
  absl::StatusOr<HttpResponse> SendStep(const Attempt& attempt, const ApplyStep& step,
                                        const std::string& more);
  absl::Status MakeNamespace(const std::string& ns);

  ApiServer& server_;
  Discovery& discovery_;
  const Options options_;
  ObjectLocks locks_;
};

}  // namespace weft::kubernetes
