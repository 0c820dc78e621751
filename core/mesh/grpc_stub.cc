#include <chrono>
#include <utility>

#include "core/base/service.h"
#include "core/base/tls.h"
#include "core/mesh/away_stub.h"
#include "core/mesh/provider_stub.h"
#include "weft/provider/v1/identity.grpc.pb.h"
#include "weft/provider/v1/trait.grpc.pb.h"
#include "weft/provider/v1/workload.grpc.pb.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

// Health checks work with round_robin only. Every call of a provider is idempotent, so one that was
// not answered is sent again.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": ""},
  "methodConfig": [{
    "name": [{}],
    "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s",
                    "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]}
  }]
})";

// What a call needs until it ends.
template <typename Request, typename Response>
struct Call {
  grpc::ClientContext context;
  Request request;
  Response response;
  Callback<Response> done;
};

class GrpcStub final : public ProviderStub {
 public:
  GrpcStub(const std::string& address, const Deadlines& deadlines, const ChannelOptions& channel)
      : deadlines_(deadlines),
        handshakes_(channel.handshakes),
        channel_(MakeChannel(address, channel)),
        identity_(pb::Identity::NewStub(channel_)),
        workload_(pb::WorkloadProvider::NewStub(channel_)),
        trait_(pb::TraitProvider::NewStub(channel_)) {}

  void Describe(pb::DescribeRequest request, Callback<pb::DescribeResponse> done) override {
    Start(identity_->async(), &pb::Identity::Stub::async::Describe, deadlines_.describe,
          std::move(request), std::move(done));
  }
  void RenderWorkload(pb::RenderWorkloadRequest request,
                      Callback<pb::RenderResponse> done) override {
    Start(workload_->async(), &pb::WorkloadProvider::Stub::async::Render, deadlines_.render,
          std::move(request), std::move(done));
  }
  void RenderTrait(pb::RenderTraitRequest request, Callback<pb::RenderResponse> done) override {
    Start(trait_->async(), &pb::TraitProvider::Stub::async::Render, deadlines_.render,
          std::move(request), std::move(done));
  }
  void AssessWorkload(pb::AssessRequest request, Callback<pb::AssessResponse> done) override {
    Start(workload_->async(), &pb::WorkloadProvider::Stub::async::Assess, deadlines_.assess,
          std::move(request), std::move(done));
  }
  void AssessTrait(pb::AssessRequest request, Callback<pb::AssessResponse> done) override {
    Start(trait_->async(), &pb::TraitProvider::Stub::async::Assess, deadlines_.assess,
          std::move(request), std::move(done));
  }
  void WorkloadTimeline(pb::TimelineRequest request, Callback<pb::TimelineResponse> done) override {
    Start(workload_->async(), &pb::WorkloadProvider::Stub::async::Timeline, deadlines_.timeline,
          std::move(request), std::move(done));
  }
  void TraitTimeline(pb::TimelineRequest request, Callback<pb::TimelineResponse> done) override {
    Start(trait_->async(), &pb::TraitProvider::Stub::async::Timeline, deadlines_.timeline,
          std::move(request), std::move(done));
  }
  void FinalizeWorkload(pb::FinalizeRequest request, Callback<pb::FinalizeResponse> done) override {
    Start(workload_->async(), &pb::WorkloadProvider::Stub::async::Finalize, deadlines_.finalize,
          std::move(request), std::move(done));
  }
  void FinalizeTrait(pb::FinalizeRequest request, Callback<pb::FinalizeResponse> done) override {
    Start(trait_->async(), &pb::TraitProvider::Stub::async::Finalize, deadlines_.finalize,
          std::move(request), std::move(done));
  }
  bool Connected() override {
    const bool connected = channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY;
    if (connected) handshakes_->Connected();
    return connected;
  }

 private:
  template <typename Async, typename Request, typename Response>
  void Start(Async* async,
             void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                   std::function<void(grpc::Status)>),
             absl::Duration deadline, Request request, Callback<Response> done) {
    auto call = std::make_shared<Call<Request, Response>>();
    call->request = std::move(request);
    call->done = std::move(done);
    call->context.set_deadline(std::chrono::system_clock::now() +
                               absl::ToChronoMilliseconds(deadline));
    (async->*method)(&call->context, &call->request, &call->response,
                     [call, handshakes = handshakes_](const grpc::Status& status) {
                       if (status.ok()) {
                         call->done(std::move(call->response));
                       } else {
                         call->done(handshakes->Explain(FromGrpc(status)));
                       }
                     });
  }

  const Deadlines deadlines_;
  const std::shared_ptr<Handshakes> handshakes_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<pb::Identity::Stub> identity_;
  const std::unique_ptr<pb::WorkloadProvider::Stub> workload_;
  const std::unique_ptr<pb::TraitProvider::Stub> trait_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeGrpcStub(const std::string& address, const Deadlines& deadlines,
                                           ChannelOptions channel) {
  channel.service_config = kServiceConfig;
  channel.handshakes = std::make_shared<Handshakes>(channel.tls_dir);
  return std::make_shared<GrpcStub>(address, deadlines, channel);
}

std::shared_ptr<ProviderStub> MakeGrpcStub(const ProviderConfig& config,
                                           const std::string& tls_dir) {
  if (config.address.empty()) return std::make_shared<AwayStub>();
  return MakeGrpcStub(
      config.address, config.deadlines,
      {.tls_dir = tls_dir, .identity = config.identity, .server_name = config.server_name});
}

}  // namespace weft::mesh
