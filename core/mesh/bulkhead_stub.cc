#include <utility>

#include "absl/strings/str_cat.h"
#include "core/mesh/bulkhead.h"
#include "core/mesh/guarded_stub.h"
#include "core/mesh/not_asked.h"
#include "core/mesh/stub_around.h"

namespace weft::mesh {
namespace {

class BulkheadStub final : public CallsAround<BulkheadStub>,
                           public std::enable_shared_from_this<BulkheadStub> {
 public:
  BulkheadStub(std::shared_ptr<ProviderStub> inner, int in_flight)
      : CallsAround(std::move(inner)), in_flight_(in_flight), bulkhead_(in_flight) {}

  template <typename Request, typename Response>
  void Around(Method<Request, Response> call, Request request, Callback<Response> done) {
    constexpr auto kKind =
        kIsBackground<Request> ? Bulkhead::Kind::kBackground : Bulkhead::Kind::kUser;
    const std::string application = ApplicationOf(request.instance());
    auto asked = std::make_shared<Asked<Request, Response>>();
    *asked = {std::move(request), std::move(done)};
    const bool enters =
        bulkhead_.Enter(kKind, application, [self = shared_from_this(), call, asked] {
          ((*self->inner_).*call)(std::move(asked->request),
                                  [self, asked](absl::StatusOr<Response> response) {
                                    asked->done(std::move(response));
                                    self->bulkhead_.Leave();
                                  });
        });
    if (enters) return;
    asked->done(
        NotAsked(absl::StatusCode::kResourceExhausted,
                 absl::StrCat(in_flight_, " calls are under way, and those of ",
                              Bulkhead::kWaitingApplications, " applications wait: try again")));
  }

 private:
  template <typename Request, typename Response>
  struct Asked {
    Request request;
    Callback<Response> done;
  };

  const int in_flight_;
  Bulkhead bulkhead_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeBulkheadStub(std::shared_ptr<ProviderStub> inner, int in_flight) {
  return std::make_shared<BulkheadStub>(std::move(inner), in_flight);
}

}  // namespace weft::mesh
