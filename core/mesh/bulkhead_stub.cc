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
  void Around(Method<Request, Response> call, const Request& request, Callback<Response> done) {
    constexpr auto kKind =
        kIsBackground<Request> ? Bulkhead::Kind::kBackground : Bulkhead::Kind::kUser;
    auto shared = std::make_shared<Callback<Response>>(std::move(done));
    const bool enters = bulkhead_.Enter(
        kKind, ApplicationOf(request.instance()),
        [self = shared_from_this(), call, request, shared] {
          ((*self->inner_).*call)(request, [self, shared](absl::StatusOr<Response> response) {
            (*shared)(std::move(response));
            self->bulkhead_.Leave();
          });
        });
    if (enters) return;
    (*shared)(
        NotAsked(absl::StatusCode::kResourceExhausted,
                 absl::StrCat(in_flight_, " calls are under way, and those of ",
                              Bulkhead::kWaitingApplications, " applications wait: try again")));
  }

 private:
  const int in_flight_;
  Bulkhead bulkhead_;
};

}  // namespace

std::shared_ptr<ProviderStub> MakeBulkheadStub(std::shared_ptr<ProviderStub> inner, int in_flight) {
  return std::make_shared<BulkheadStub>(std::move(inner), in_flight);
}

}  // namespace weft::mesh
