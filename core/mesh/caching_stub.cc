#include "core/mesh/caching_stub.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/json.h"
#include "core/mesh/stub_around.h"
#include "core/store/keys.h"
#include "core/store/records.pb.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

class CachingStub final : public StubAround, public std::enable_shared_from_this<CachingStub> {
 public:
  CachingStub(std::shared_ptr<ProviderStub> inner, std::string artifact, store::Store& store)
      : StubAround(std::move(inner)), artifact_(std::move(artifact)), store_(store) {}

  void RenderWorkload(const pb::RenderWorkloadRequest& request,
                      Callback<pb::RenderResponse> done) override {
    Render("workload", request, &ProviderStub::RenderWorkload, std::move(done));
  }
  void RenderTrait(const pb::RenderTraitRequest& request,
                   Callback<pb::RenderResponse> done) override {
    Render("trait", request, &ProviderStub::RenderTrait, std::move(done));
  }

 private:
  // The messages of a request hold no maps, so that the same request is the same bytes.
  template <typename Request>
  std::string KeyOf(const char* method, const Request& request) const {
    return store::AnswerKey(
        json::Sha256(absl::StrCat(artifact_, "\n", method, "\n", request.SerializeAsString())));
  }

  template <typename Request>
  void Render(const char* method, const Request& request, Method<Request, pb::RenderResponse> call,
              Callback<pb::RenderResponse> done) {
    const std::string key = artifact_.empty() ? "" : KeyOf(method, request);
    store::v1::CachedAnswer cached;
    if (!key.empty()) {
      const absl::StatusOr<std::string> bytes = store_.Get(key);
      if (bytes.ok() && cached.ParseFromString(*bytes))
        return done(std::move(*cached.mutable_response()));
    }
    ((*inner_).*call)(request, [self = shared_from_this(), key, done = std::move(done)](
                                   absl::StatusOr<pb::RenderResponse> response) {
      // One that is not ready yet is to be asked again.
      if (!key.empty() && response.ok() && response->outcome() == pb::OUTCOME_READY)
        self->Keep(key, *response);
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
