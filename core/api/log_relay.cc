#include "core/api/log_relay.h"

#include <utility>

#include "core/api/pod_choice.h"
#include "core/base/service.h"

namespace weft::api {
namespace {

using runtime::v1::LogsResponse;

// Both ends of the relay. Each message is read from the runtime only when the one before is
// written.
class Relay final : public grpc::ServerWriteReactor<core::v1::LogsResponse> {
 public:
  Relay(const core::v1::LogsRequest& request, scheduler::Scheduler& scheduler,
        const scheduler::Runtimes& runtimes)
      : request_(request), scheduler_(scheduler), runtimes_(runtimes), source_(*this) {}

  // Finds the pod and begins. In the pool: it reads the store.
  void Begin() {
    absl::StatusOr<PodPlace> place =
        FindPod(scheduler_, runtimes_, request_.namespace_(), request_.application(),
                {request_.instance(), request_.pod()});
    if (!place.ok()) return Finish(ToGrpc(place.status()));
    runtime_ = std::move(place->runtime);
    from_.set_namespace_(request_.namespace_());
    from_.set_pod(place->pod);
    from_.set_follow(request_.follow());
    from_.set_tail_lines(request_.tail_lines());
    from_.set_container(request_.container());
    from_.set_previous(request_.previous());
    // A client that went already cancels a context before its call: that is allowed.
    runtime_->stub->async()->Logs(&source_.context, &from_, &source_);
    source_.AddHold();  // Reads begin outside the source's own reactions.
    source_.StartRead(&source_.message);
    source_.StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      source_.StartRead(&source_.message);
    } else {
      source_.context.TryCancel();
      source_.StartRead(&source_.message);  // Fails, and so ends the call.
    }
  }
  void OnCancel() override { source_.context.TryCancel(); }
  void OnDone() override { delete this; }

 private:
  struct Source final : grpc::ClientReadReactor<LogsResponse> {
    explicit Source(Relay& relay) : relay(relay) {}
    void OnReadDone(bool ok) override {
      if (!ok) return RemoveHold();  // OnDone says why.
      relay.out_.set_data(message.data());
      relay.StartWrite(&relay.out_);
    }
    void OnDone(const grpc::Status& status) override { relay.Finish(status); }
    Relay& relay;
    grpc::ClientContext context;
    LogsResponse message;
  };

  const core::v1::LogsRequest request_;
  scheduler::Scheduler& scheduler_;
  const scheduler::Runtimes& runtimes_;
  std::shared_ptr<scheduler::RuntimeConnection> runtime_;
  runtime::v1::LogsRequest from_;
  core::v1::LogsResponse out_;
  Source source_;
};

}  // namespace

grpc::ServerWriteReactor<core::v1::LogsResponse>* RelayLogs(const core::v1::LogsRequest& request,
                                                            scheduler::Scheduler& scheduler,
                                                            const scheduler::Runtimes& runtimes,
                                                            WorkerPool& pool) {
  auto* relay = new Relay(request, scheduler, runtimes);
  if (!pool.TryRun([relay] { relay->Begin(); }))
    relay->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls wait: try again"});
  return relay;
}

}  // namespace weft::api
