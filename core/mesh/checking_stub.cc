#include <utility>

#include "absl/strings/str_cat.h"
#include "core/mesh/answer_check.h"
#include "core/mesh/guarded_stub.h"
#include "core/mesh/stub_around.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

class CheckingStub final : public StubAround {
 public:
  CheckingStub(std::shared_ptr<ProviderStub> inner, std::string artifact)
      : StubAround(std::move(inner)), artifact_(std::move(artifact)) {}

  void RenderWorkload(pb::RenderWorkloadRequest request,
                      Callback<pb::RenderResponse> done) override {
    inner_->RenderWorkload(Expecting(std::move(request)), Checked(std::move(done)));
  }
  void RenderTrait(pb::RenderTraitRequest request, Callback<pb::RenderResponse> done) override {
    inner_->RenderTrait(Expecting(std::move(request)), Checked(std::move(done)));
  }
  void FinalizeWorkload(pb::FinalizeRequest request, Callback<pb::FinalizeResponse> done) override {
    inner_->FinalizeWorkload(std::move(request), Finalized(std::move(done)));
  }
  void FinalizeTrait(pb::FinalizeRequest request, Callback<pb::FinalizeResponse> done) override {
    inner_->FinalizeTrait(std::move(request), Finalized(std::move(done)));
  }

 private:
  template <typename Request>
  Request Expecting(Request request) const {
    request.set_expected_artifact(artifact_);
    return request;
  }

  Callback<pb::RenderResponse> Checked(Callback<pb::RenderResponse> done) const {
    return [artifact = artifact_,
            done = std::move(done)](absl::StatusOr<pb::RenderResponse> response) {
      if (response.ok()) {
        if (absl::Status right = CheckAnswer(artifact, *response); !right.ok()) return done(right);
      }
      done(std::move(response));
    };
  }

  // No INVALID_ARGUMENT: the same question may be answered otherwise the next time.
  static Callback<pb::FinalizeResponse> Finalized(Callback<pb::FinalizeResponse> done) {
    return [done = std::move(done)](absl::StatusOr<pb::FinalizeResponse> response) {
      if (response.ok() && response->outcome() != pb::FINALIZE_OUTCOME_DONE &&
          response->outcome() != pb::FINALIZE_OUTCOME_WAIT)
        return done(absl::InternalError(
            absl::StrCat("UNSUPPORTED: the outcome ", static_cast<int>(response->outcome()))));
      done(std::move(response));
    };
  }

  const std::string artifact_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeCheckingStub(std::shared_ptr<ProviderStub> inner,
                                               const std::string& artifact) {
  return std::make_shared<CheckingStub>(std::move(inner), artifact);
}

}  // namespace weft::mesh
