#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/mesh/provider_config.h"
#include "weft/provider/v1/identity.pb.h"
#include "weft/provider/v1/render.pb.h"

namespace weft::mesh {

template <typename Response>
using Callback = std::function<void(absl::StatusOr<Response>)>;

// How the core calls one provider: the seam that decorators and fakes share.
//
// Every method returns at once; the callback is called exactly once, from any thread, and must not
// block. A status is that of the call (docs/protocol.md, "The call"). Thread-safe.
class ProviderStub {
 public:
  virtual ~ProviderStub() = default;
  virtual void Describe(provider::v1::DescribeRequest request,
                        Callback<provider::v1::DescribeResponse> done) = 0;
  virtual void RenderWorkload(provider::v1::RenderWorkloadRequest request,
                              Callback<provider::v1::RenderResponse> done) = 0;
  virtual void RenderTrait(provider::v1::RenderTraitRequest request,
                           Callback<provider::v1::RenderResponse> done) = 0;
  virtual void AssessWorkload(provider::v1::AssessRequest request,
                              Callback<provider::v1::AssessResponse> done) = 0;
  virtual void AssessTrait(provider::v1::AssessRequest request,
                           Callback<provider::v1::AssessResponse> done) = 0;
  virtual void WorkloadTimeline(provider::v1::TimelineRequest request,
                                Callback<provider::v1::TimelineResponse> done) = 0;
  virtual void TraitTimeline(provider::v1::TimelineRequest request,
                             Callback<provider::v1::TimelineResponse> done) = 0;
  virtual void FinalizeWorkload(provider::v1::FinalizeRequest request,
                                Callback<provider::v1::FinalizeResponse> done) = 0;
  virtual void FinalizeTrait(provider::v1::FinalizeRequest request,
                             Callback<provider::v1::FinalizeResponse> done) = 0;
  // Whether the connection stands, as far as is known without a call; tries to connect if it does
  // not.
  virtual bool Connected() = 0;
  // Why the core makes no call though it could, after "the provider NAME "; empty: it makes them.
  virtual std::string WhyNotAsked() { return ""; }
  // Makes them again at once, whatever the provider did before.
  virtual void Retry() {}
};

// Calls the provider at `address` over gRPC, as `channel` says over TCP; its service_config is
// ours.
std::shared_ptr<ProviderStub> MakeGrpcStub(const std::string& address, const Deadlines& deadlines,
                                           ChannelOptions channel = {});

// Calls a configured provider, with the identity in `tls_dir` over TCP.
std::shared_ptr<ProviderStub> MakeGrpcStub(const ProviderConfig& config,
                                           const std::string& tls_dir);

}  // namespace weft::mesh
