#include "core/mesh/caching_stub.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/json.h"
#include "core/mesh/answer_check.h"
#include "core/store/keys.h"
#include "core/store/records.pb.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

class CachingStub final : public ProviderStub, public std::enable_shared_from_this<CachingStub> {
 public:
  CachingStub(std::shared_ptr<ProviderStub> inner, std::string artifact, store::Store& store)
      : inner_(std::move(inner)), artifact_(std::move(artifact)), store_(store) {}

  void Describe(const pb::DescribeRequest& request, Callback<pb::DescribeResponse> done) override {
    inner_->Describe(request, std::move(done));
  }
  void RenderWorkload(const pb::RenderWorkloadRequest& request,
                      Callback<pb::RenderResponse> done) override {
    Render("workload", request, &ProviderStub::RenderWorkload, std::move(done));
  }
  void RenderTrait(const pb::RenderTraitRequest& request,
                   Callback<pb::RenderResponse> done) override {
    Render("trait", request, &ProviderStub::RenderTrait, std::move(done));
  }
  void AssessWorkload(const pb::AssessRequest& request,
                      Callback<pb::AssessResponse> done) override {
    inner_->AssessWorkload(request, std::move(done));
  }
  void AssessTrait(const pb::AssessRequest& request, Callback<pb::AssessResponse> done) override {
    inner_->AssessTrait(request, std::move(done));
  }
  void WorkloadTimeline(const pb::TimelineRequest& request,
                        Callback<pb::TimelineResponse> done) override {
    inner_->WorkloadTimeline(request, std::move(done));
  }
  void TraitTimeline(const pb::TimelineRequest& request,
                     Callback<pb::TimelineResponse> done) override {
    inner_->TraitTimeline(request, std::move(done));
  }
  bool Connected() override { return inner_->Connected(); }

 private:
  // The messages of a request hold no maps, so that the same request is the same bytes.
  template <typename Request>
  std::string KeyOf(const char* method, Request request) const {
    request.clear_expected_artifact();
    return store::AnswerKey(
        json::Sha256(absl::StrCat(artifact_, "\n", method, "\n", request.SerializeAsString())));
  }

  template <typename Request>
  void Render(const char* method, Request request,
              void (ProviderStub::*call)(const Request&, Callback<pb::RenderResponse>),
              Callback<pb::RenderResponse> done) {
    request.set_expected_artifact(artifact_);
    const std::string key = artifact_.empty() ? "" : KeyOf(method, request);
    store::v1::CachedAnswer cached;
    if (!key.empty()) {
      const absl::StatusOr<std::string> bytes = store_.Get(key);
      if (bytes.ok() && cached.ParseFromString(*bytes))
        return done(std::move(*cached.mutable_response()));
    }
    ((*inner_).*call)(request, [self = shared_from_this(), key, done = std::move(done)](
                                   absl::StatusOr<pb::RenderResponse> response) {
      if (response.ok()) {
        const absl::Status right = CheckAnswer(self->artifact_, *response);
        if (!right.ok()) return done(right);
        // One that is not ready yet is to be asked again.
        if (!key.empty() && response->outcome() == pb::OUTCOME_READY) self->Keep(key, *response);
      }
      done(std::move(response));
    });
  }

  void Keep(const std::string& key, const pb::RenderResponse& response) {
    store::v1::CachedAnswer answer;
    answer.set_stored_unix_ms(absl::ToUnixMillis(absl::Now()));
    *answer.mutable_response() = response;
    store::Transaction transaction;
    transaction.Put(key, answer.SerializeAsString());
    store_.CommitLater(std::move(transaction));
  }

  const std::shared_ptr<ProviderStub> inner_;
  const std::string artifact_;
  store::Store& store_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeCachingStub(std::shared_ptr<ProviderStub> inner,
                                              const std::string& artifact, store::Store& store) {
  return std::make_shared<CachingStub>(std::move(inner), artifact, store);
}

absl::Status DropOldAnswers(store::Store& store, absl::Time before) {
  constexpr int64_t kPage = 500;
  const std::string prefix = store::AnswerKey("");
  std::string after;
  while (true) {
    const auto page = store.List(prefix, after, kPage);
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    store::Transaction transaction;
    for (const auto& [key, bytes] : *page) {
      store::v1::CachedAnswer answer;
      const bool readable = answer.ParseFromString(bytes);
      if (!readable || answer.stored_unix_ms() < absl::ToUnixMillis(before))
        transaction.Delete(key);
    }
    after = page->back().first;
    if (transaction.deletes.empty()) continue;
    if (absl::Status done = store.Commit(std::move(transaction)); !done.ok()) return done;
  }
}

}  // namespace weft::mesh
