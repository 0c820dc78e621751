#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::api {

// Which pod of an application a call means.
struct PodChoice {
  std::string instance;  // Empty: it does not matter.
  std::string pod;       // Empty: the only one.
  bool any = false;      // Of several of one instance, the first that is ready, else the first.
};

// The pod that is meant. NOT_FOUND: there is none; FAILED_PRECONDITION: there are several, or
// of several instances, which the message names. Pure.
absl::StatusOr<std::string> ChoosePod(const core::v1::Application& application,
                                      const PodChoice& choice);

// That pod and the runtime where it is.
struct PodPlace {
  std::string pod;
  std::shared_ptr<scheduler::RuntimeConnection> runtime;
};

// NOT_FOUND also: no such application; UNAVAILABLE: its runtime is away. Reads the store.
absl::StatusOr<PodPlace> FindPod(scheduler::Scheduler& scheduler,
                                 const scheduler::Runtimes& runtimes, const std::string& ns,
                                 const std::string& application, const PodChoice& choice);

}  // namespace weft::api
