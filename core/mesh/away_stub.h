#pragma once

#include "core/mesh/provider_stub.h"

namespace weft::mesh {

// A provider that is nowhere: one that is installed, and none of whose pods is ready. Every call
// fails with UNAVAILABLE at once. Thread-safe.
class AwayStub final : public ProviderStub {
 public:
  void Describe(provider::v1::DescribeRequest,
                Callback<provider::v1::DescribeResponse> done) override {
    Fail(done);
  }
  void RenderWorkload(provider::v1::RenderWorkloadRequest,
                      Callback<provider::v1::RenderResponse> done) override {
    Fail(done);
  }
  void RenderTrait(provider::v1::RenderTraitRequest,
                   Callback<provider::v1::RenderResponse> done) override {
    Fail(done);
  }
  void AssessWorkload(provider::v1::AssessRequest,
                      Callback<provider::v1::AssessResponse> done) override {
    Fail(done);
  }
  void AssessTrait(provider::v1::AssessRequest,
                   Callback<provider::v1::AssessResponse> done) override {
    Fail(done);
  }
  void WorkloadTimeline(provider::v1::TimelineRequest,
                        Callback<provider::v1::TimelineResponse> done) override {
    Fail(done);
  }
  void TraitTimeline(provider::v1::TimelineRequest,
                     Callback<provider::v1::TimelineResponse> done) override {
    Fail(done);
  }
  void FinalizeWorkload(provider::v1::FinalizeRequest,
                        Callback<provider::v1::FinalizeResponse> done) override {
    Fail(done);
  }
  void FinalizeTrait(provider::v1::FinalizeRequest,
                     Callback<provider::v1::FinalizeResponse> done) override {
    Fail(done);
  }
  bool Connected() override { return false; }

 private:
  template <typename Response>
  static void Fail(const Callback<Response>& done) {
    done(absl::UnavailableError("it has no pod that is ready"));
  }
};

}  // namespace weft::mesh
