#include "core/mesh/guarded_stub.h"

#include <utility>

#include "core/mesh/caching_stub.h"

namespace weft::mesh {

std::shared_ptr<ProviderStub> Guard(std::shared_ptr<ProviderStub> inner,
                                    const ProviderConfig& config, AnswerCache& answers) {
  auto checking = MakeCheckingStub(std::move(inner), config.artifact);
  auto breaker = MakeBreakerStub(std::move(checking), config);
  auto bulkhead = MakeBulkheadStub(std::move(breaker), config.in_flight);
  return MakeCachingStub(std::move(bulkhead), config.artifact, answers);
}

}  // namespace weft::mesh
