#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "core/mesh/provider_stub.h"

namespace weft::mesh {

// A provider in memory that answers at once, as a test tells it. Thread-safe.
class FakeProvider final : public ProviderStub {
 public:
  void SetDescription(provider::v1::DescribeResponse description) {
    std::lock_guard lock(mutex_);
    description_ = std::move(description);
  }
  // False: calls fail with UNAVAILABLE.
  void SetConnected(bool connected) {
    std::lock_guard lock(mutex_);
    connected_ = connected;
  }
  std::function<absl::StatusOr<provider::v1::RenderResponse>(
      const provider::v1::RenderWorkloadRequest&)>
      render_workload;
  std::function<absl::StatusOr<provider::v1::RenderResponse>(
      const provider::v1::RenderTraitRequest&)>
      render_trait;
  std::function<absl::StatusOr<provider::v1::AssessResponse>(const provider::v1::AssessRequest&)>
      assess;
  std::function<absl::StatusOr<provider::v1::TimelineResponse>(
      const provider::v1::TimelineRequest&)>
      timeline;
  std::function<absl::StatusOr<provider::v1::FinalizeResponse>(
      const provider::v1::FinalizeRequest&)>
      finalize;
  // If set, takes the callback of a Describe, which is then not answered.
  std::function<void(Callback<provider::v1::DescribeResponse>)> describe;
  int renders() const {
    std::lock_guard lock(mutex_);
    return renders_;
  }
  int assessments() const {
    std::lock_guard lock(mutex_);
    return assessments_;
  }

  void Describe(provider::v1::DescribeRequest,
                Callback<provider::v1::DescribeResponse> done) override {
    if (!Connected()) return done(Away());
    if (describe != nullptr) return describe(std::move(done));
    std::unique_lock lock(mutex_);
    const provider::v1::DescribeResponse description = description_;
    lock.unlock();
    done(description);
  }
  void RenderWorkload(provider::v1::RenderWorkloadRequest request,
                      Callback<provider::v1::RenderResponse> done) override {
    done(Count(renders_) ? render_workload(request) : Away());
  }
  void RenderTrait(provider::v1::RenderTraitRequest request,
                   Callback<provider::v1::RenderResponse> done) override {
    done(Count(renders_) ? render_trait(request) : Away());
  }
  void AssessWorkload(provider::v1::AssessRequest request,
                      Callback<provider::v1::AssessResponse> done) override {
    done(Count(assessments_) ? assess(request) : Away());
  }
  void AssessTrait(provider::v1::AssessRequest request,
                   Callback<provider::v1::AssessResponse> done) override {
    done(Count(assessments_) ? assess(request) : Away());
  }
  void WorkloadTimeline(provider::v1::TimelineRequest request,
                        Callback<provider::v1::TimelineResponse> done) override {
    done(Connected() ? timeline(request) : Away());
  }
  void TraitTimeline(provider::v1::TimelineRequest request,
                     Callback<provider::v1::TimelineResponse> done) override {
    done(Connected() ? timeline(request) : Away());
  }
  void FinalizeWorkload(provider::v1::FinalizeRequest request,
                        Callback<provider::v1::FinalizeResponse> done) override {
    done(Connected() ? finalize(request) : Away());
  }
  void FinalizeTrait(provider::v1::FinalizeRequest request,
                     Callback<provider::v1::FinalizeResponse> done) override {
    done(Connected() ? finalize(request) : Away());
  }
  bool Connected() override {
    std::lock_guard lock(mutex_);
    return connected_;
  }

 private:
  static absl::Status Away() { return absl::UnavailableError("it is away"); }
  bool Count(int& counter) {
    std::lock_guard lock(mutex_);
    if (connected_) ++counter;
    return connected_;
  }

  mutable std::mutex mutex_;
  provider::v1::DescribeResponse description_;
  bool connected_ = true;
  int renders_ = 0;
  int assessments_ = 0;
};

}  // namespace weft::mesh
