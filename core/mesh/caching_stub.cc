#include "core/mesh/caching_stub.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/mesh/stub_around.h"
#include "core/store/keys.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

class CachingStub final : public StubAround, public std::enable_shared_from_this<CachingStub> {
 public:
  CachingStub(std::shared_ptr<ProviderStub> inner, std::string artifact, AnswerCache& answers)
      : StubAround(std::move(inner)), artifact_(std::move(artifact)), answers_(answers) {}

  void RenderWorkload(pb::RenderWorkloadRequest request,
                      Callback<pb::RenderResponse> done) override {
    Render("workload", std::move(request), &ProviderStub::RenderWorkload, std::move(done));
  }
  void RenderTrait(pb::RenderTraitRequest request, Callback<pb::RenderResponse> done) override {
    Render("trait", std::move(request), &ProviderStub::RenderTrait, std::move(done));
  }

 private:
  // The messages of a request hold no maps, so that the same request is the same bytes.
  template <typename Request>
  std::string KeyOf(const char* method, const Request& request) const {
    return store::AnswerKey(
        json::Sha256(absl::StrCat(artifact_, "\n", method, "\n", request.SerializeAsString())));
  }

  template <typename Request>
  void Render(const char* method, Request request, Method<Request, pb::RenderResponse> call,
              Callback<pb::RenderResponse> done) {
    const std::string key = artifact_.empty() ? "" : KeyOf(method, request);
    if (!key.empty()) {
      if (auto kept = answers_.Find(key)) return done(*std::move(kept));
    }
    ((*inner_).*call)(std::move(request), [self = shared_from_this(), key, done = std::move(done)](
                                              absl::StatusOr<pb::RenderResponse> response) {
      // One that is not ready yet is to be asked again.
      if (!key.empty() && response.ok() && response->outcome() == pb::OUTCOME_READY)
        self->answers_.Keep(key, *response);
      done(std::move(response));
    });
  }

  const std::string artifact_;
  AnswerCache& answers_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeCachingStub(std::shared_ptr<ProviderStub> inner,
                                              const std::string& artifact, AnswerCache& answers) {
  return std::make_shared<CachingStub>(std::move(inner), artifact, answers);
}

}  // namespace weft::mesh
