#pragma once

#include <memory>
#include <string>

#include "core/mesh/answer_cache.h"
#include "core/mesh/provider_stub.h"

namespace weft::mesh {

// Answers a Render from `answers` where the same artifact answered the same request before, without
// a call; else asks `inner`, whose answers are checked, and keeps one that is READY. Renders are
// pure, so an answer never becomes wrong; it is kept also when the provider is away. Without an
// artifact nothing is kept. Other calls pass through.
//
// Thread-safe. `answers` outlives every call; `inner`'s callbacks keep nothing else alive.
std::shared_ptr<ProviderStub> MakeCachingStub(std::shared_ptr<ProviderStub> inner,
                                              const std::string& artifact, AnswerCache& answers);

}  // namespace weft::mesh
