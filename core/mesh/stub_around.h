#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/mesh/provider_stub.h"

namespace weft::mesh {

template <typename Request, typename Response>
using Method = void (ProviderStub::*)(Request, Callback<Response>);

// What nobody waits for, and what is asked again as time goes by: `now` makes it no other request.
template <typename Request>
inline constexpr bool kIsBackground = std::is_same_v<Request, provider::v1::AssessRequest> ||
                                      std::is_same_v<Request, provider::v1::FinalizeRequest>;

// Whose the instance is: "NAMESPACE/APPLICATION".
inline std::string ApplicationOf(const provider::v1::Instance& instance) {
  return absl::StrCat(instance.namespace_(), "/", instance.application());
}

// A client around another, which every call reaches that a decorator leaves alone.
class StubAround : public ProviderStub {
 public:
  explicit StubAround(std::shared_ptr<ProviderStub> inner) : inner_(std::move(inner)) {}

  void Describe(provider::v1::DescribeRequest request,
                Callback<provider::v1::DescribeResponse> done) override {
    inner_->Describe(std::move(request), std::move(done));
  }
  void RenderWorkload(provider::v1::RenderWorkloadRequest request,
                      Callback<provider::v1::RenderResponse> done) override {
    inner_->RenderWorkload(std::move(request), std::move(done));
  }
  void RenderTrait(provider::v1::RenderTraitRequest request,
                   Callback<provider::v1::RenderResponse> done) override {
    inner_->RenderTrait(std::move(request), std::move(done));
  }
  void AssessWorkload(provider::v1::AssessRequest request,
                      Callback<provider::v1::AssessResponse> done) override {
    inner_->AssessWorkload(std::move(request), std::move(done));
  }
  void AssessTrait(provider::v1::AssessRequest request,
                   Callback<provider::v1::AssessResponse> done) override {
    inner_->AssessTrait(std::move(request), std::move(done));
  }
  void WorkloadTimeline(provider::v1::TimelineRequest request,
                        Callback<provider::v1::TimelineResponse> done) override {
    inner_->WorkloadTimeline(std::move(request), std::move(done));
  }
  void TraitTimeline(provider::v1::TimelineRequest request,
                     Callback<provider::v1::TimelineResponse> done) override {
    inner_->TraitTimeline(std::move(request), std::move(done));
  }
  void FinalizeWorkload(provider::v1::FinalizeRequest request,
                        Callback<provider::v1::FinalizeResponse> done) override {
    inner_->FinalizeWorkload(std::move(request), std::move(done));
  }
  void FinalizeTrait(provider::v1::FinalizeRequest request,
                     Callback<provider::v1::FinalizeResponse> done) override {
    inner_->FinalizeTrait(std::move(request), std::move(done));
  }
  bool Connected() override { return inner_->Connected(); }
  std::string WhyNotAsked() override { return inner_->WhyNotAsked(); }
  void Retry() override { inner_->Retry(); }

 protected:
  const std::shared_ptr<ProviderStub> inner_;
};

// A client around another that does the same with every call for an instance, whatever it asks:
//   template <typename Request, typename Response>
//   void Around(Method<Request, Response> call, Request request, Callback<Response> done);
// of `Self`, which derives from this.
template <typename Self>
class CallsAround : public StubAround {
 public:
  using StubAround::StubAround;

  void RenderWorkload(provider::v1::RenderWorkloadRequest request,
                      Callback<provider::v1::RenderResponse> done) final {
    self().Around(&ProviderStub::RenderWorkload, std::move(request), std::move(done));
  }
  void RenderTrait(provider::v1::RenderTraitRequest request,
                   Callback<provider::v1::RenderResponse> done) final {
    self().Around(&ProviderStub::RenderTrait, std::move(request), std::move(done));
  }
  void AssessWorkload(provider::v1::AssessRequest request,
                      Callback<provider::v1::AssessResponse> done) final {
    self().Around(&ProviderStub::AssessWorkload, std::move(request), std::move(done));
  }
  void AssessTrait(provider::v1::AssessRequest request,
                   Callback<provider::v1::AssessResponse> done) final {
    self().Around(&ProviderStub::AssessTrait, std::move(request), std::move(done));
  }
  void WorkloadTimeline(provider::v1::TimelineRequest request,
                        Callback<provider::v1::TimelineResponse> done) final {
    self().Around(&ProviderStub::WorkloadTimeline, std::move(request), std::move(done));
  }
  void TraitTimeline(provider::v1::TimelineRequest request,
                     Callback<provider::v1::TimelineResponse> done) final {
    self().Around(&ProviderStub::TraitTimeline, std::move(request), std::move(done));
  }
  void FinalizeWorkload(provider::v1::FinalizeRequest request,
                        Callback<provider::v1::FinalizeResponse> done) final {
    self().Around(&ProviderStub::FinalizeWorkload, std::move(request), std::move(done));
  }
  void FinalizeTrait(provider::v1::FinalizeRequest request,
                     Callback<provider::v1::FinalizeResponse> done) final {
    self().Around(&ProviderStub::FinalizeTrait, std::move(request), std::move(done));
  }

 private:
  Self& self() { return *static_cast<Self*>(this); }
};

}  // namespace weft::mesh
