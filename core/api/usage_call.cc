#include "core/api/usage_call.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "core/base/service.h"
#include "core/base/status.h"

namespace weft::api {
namespace {

constexpr size_t kPodsOfACall = 512;                     // Source: weft.runtime.v1, UsageRequest.
constexpr absl::Duration kDeadline = absl::Seconds(10);  // Likewise; of all calls together.

struct Place {
  std::string instance, pod;
};

class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(std::string ns, std::vector<Place> places,
       std::shared_ptr<scheduler::RuntimeConnection> runtime,
       std::function<void(absl::StatusOr<core::v1::UsageResponse>)> done)
      : ns_(std::move(ns)),
        places_(std::move(places)),
        runtime_(std::move(runtime)),
        done_(std::move(done)) {}

  // Asks for as many pods as a call may have, and then for the rest.
  void Next() {
    if (asked_ == places_.size()) return done_(Answer());
    struct Part {
      grpc::ClientContext context;
      runtime::v1::UsageRequest request;
      runtime::v1::UsageResponse response;
    };
    auto part = std::make_shared<Part>();
    part->context.set_deadline(deadline_);
    const size_t end = std::min(places_.size(), asked_ + kPodsOfACall);
    for (; asked_ < end; ++asked_) {
      common::v1::ObjectRef& ref = *part->request.add_pods();
      ref.set_api_version("v1");
      ref.set_kind("Pod");
      ref.set_namespace_(ns_);
      ref.set_name(places_[asked_].pod);
    }
    runtime_->stub->async()->Usage(
        &part->context, &part->request, &part->response,
        [self = shared_from_this(), part](const grpc::Status& status) {
          if (!status.ok()) return self->done_(FromGrpc(status));
          for (runtime::v1::PodUsage& usage : *part->response.mutable_pods())
            self->used_[usage.pod().name()] = std::move(usage);
          self->Next();
        });
  }

 private:
  core::v1::UsageResponse Answer() {
    core::v1::UsageResponse response;
    for (const Place& place : places_) {
      const auto usage = used_.find(place.pod);
      if (usage == used_.end()) continue;
      core::v1::PodUsage& pod = *response.add_pods();
      pod.set_instance(place.instance);
      pod.set_pod(place.pod);
      *pod.mutable_containers() = std::move(*usage->second.mutable_containers());
      if (usage->second.has_network()) *pod.mutable_network() = usage->second.network();
    }
    return response;
  }

  const std::string ns_;
  const std::vector<Place> places_;
  const std::shared_ptr<scheduler::RuntimeConnection> runtime_;
  const std::function<void(absl::StatusOr<core::v1::UsageResponse>)> done_;
  const std::chrono::system_clock::time_point deadline_ =
      absl::ToChronoTime(absl::Now() + kDeadline);
  size_t asked_ = 0;
  std::map<std::string, runtime::v1::PodUsage> used_;  // By pod.
};

}  // namespace

void AskUsage(const core::v1::UsageRequest& request, const scheduler::Scheduler& scheduler,
              const scheduler::Runtimes& runtimes,
              std::function<void(absl::StatusOr<core::v1::UsageResponse>)> done) {
  const auto application = scheduler.Status(request.namespace_(), request.application());
  if (!application.ok()) return done(application.status());
  std::vector<Place> places;
  for (const core::v1::ComponentStatus& component : application->components())
    for (const core::v1::PodStatus& pod : component.pods())
      places.push_back({component.instance_name(), pod.name()});
  auto runtime = runtimes.Find(application->runtime());
  if (runtime == nullptr)
    return done(absl::UnavailableError(runtimes.WhyAway(application->runtime())));
  std::make_shared<Call>(request.namespace_(), std::move(places), std::move(runtime),
                         std::move(done))
      ->Next();
}

}  // namespace weft::api
