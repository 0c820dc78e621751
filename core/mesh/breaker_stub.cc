#include <random>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "core/mesh/breaker.h"
#include "core/mesh/guarded_stub.h"
#include "core/mesh/not_asked.h"
#include "core/mesh/stub_around.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

// The messages of a request hold no maps, so that the same request is the same bytes; what is asked
// follows from its message and its instance. Within this process only.
template <typename Request>
uint64_t HashOf(const Request& request) {
  if constexpr (kIsBackground<Request>) {
    Request timeless = request;
    timeless.clear_now();
    return absl::HashOf(Request::descriptor(), timeless.SerializeAsString());
  } else {
    return absl::HashOf(Request::descriptor(), request.SerializeAsString());
  }
}

double Random() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

class BreakerStub final : public CallsAround<BreakerStub>,
                          public std::enable_shared_from_this<BreakerStub> {
 public:
  BreakerStub(std::shared_ptr<ProviderStub> inner, const ProviderConfig& config)
      : CallsAround(std::move(inner)),
        name_(config.name),
        artifact_known_(!config.artifact.empty()),
        breaker_({.now = Breaker::Clock::now, .random = Random}) {}

  // The core asks for one whenever the connection is another.
  void Describe(pb::DescribeRequest request, Callback<pb::DescribeResponse> done) override {
    inner_->Describe(std::move(request), [self = shared_from_this(), done = std::move(done)](
                                             absl::StatusOr<pb::DescribeResponse> response) {
      if (response.ok()) self->breaker_.Reset();
      done(std::move(response));
    });
  }

  template <typename Request, typename Response>
  void Around(Method<Request, Response> call, Request request, Callback<Response> done) {
    absl::StatusOr<Breaker::Pass> pass =
        breaker_.Admit(HashOf(request), ApplicationOf(request.instance()));
    if (!pass.ok())
      return done(NotAsked(pass.status().code(), std::string(pass.status().message())));
    ((*inner_).*call)(std::move(request),
                      [self = shared_from_this(), pass = *std::move(pass),
                       done = std::move(done)](absl::StatusOr<Response> response) {
                        self->Answered(pass, response.status());
                        done(std::move(response));
                      });
  }

  std::string WhyNotAsked() override {
    const std::string why = breaker_.WhyOpen();
    return why.empty() ? inner_->WhyNotAsked() : absl::StrCat("is not asked at the moment: ", why);
  }

  void Retry() override {
    breaker_.Release();
    inner_->Retry();
  }

 private:
  void Answered(const Breaker::Pass& pass, const absl::Status& status) {
    if (!breaker_.Answered(pass, Judge(status), std::string(status.message()))) return;
    if (const std::string why = breaker_.WhyOpen(); !why.empty()) {
      spdlog::warn("msg=\"a provider is not asked for a while\" provider={} error=\"{}\"", name_,
                   why);
    } else {
      spdlog::info("msg=\"a provider is asked again\" provider={}", name_);
    }
  }

  Breaker::Verdict Judge(const absl::Status& status) const {
    switch (status.code()) {
      case absl::StatusCode::kOk:
        return Breaker::Verdict::kGood;
      case absl::StatusCode::kUnavailable:
      case absl::StatusCode::kCancelled:
      case absl::StatusCode::kAborted:
        return Breaker::Verdict::kAway;
      case absl::StatusCode::kInvalidArgument:
        return artifact_known_ ? Breaker::Verdict::kRefused : Breaker::Verdict::kFailed;
      default:
        return Breaker::Verdict::kFailed;
    }
  }

  const std::string name_;
  const bool artifact_known_;
  Breaker breaker_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeBreakerStub(std::shared_ptr<ProviderStub> inner,
                                              const ProviderConfig& config) {
  return std::make_shared<BreakerStub>(std::move(inner), config);
}

}  // namespace weft::mesh
