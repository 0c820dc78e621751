#include <utility>

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

  void RenderWorkload(const pb::RenderWorkloadRequest& request,
                      Callback<pb::RenderResponse> done) override {
    inner_->RenderWorkload(Expecting(request), Checked(std::move(done)));
  }
  void RenderTrait(const pb::RenderTraitRequest& request,
                   Callback<pb::RenderResponse> done) override {
    inner_->RenderTrait(Expecting(request), Checked(std::move(done)));
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

  const std::string artifact_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeCheckingStub(std::shared_ptr<ProviderStub> inner,
                                               const std::string& artifact) {
  return std::make_shared<CheckingStub>(std::move(inner), artifact);
}

}  // namespace weft::mesh
