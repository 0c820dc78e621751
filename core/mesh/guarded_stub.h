#pragma once

#include <memory>
#include <string>

#include "core/mesh/answer_cache.h"
#include "core/mesh/provider_stub.h"

// What stands around the client of a provider, each in a file of its own.
namespace weft::mesh {

// Asks for answers of `artifact`, and refuses those that break the rules: the errors of
// CheckAnswer; INTERNAL for a Finalize without an outcome that is known. What comes through is
// canonical. Thread-safe.
std::shared_ptr<ProviderStub> MakeCheckingStub(std::shared_ptr<ProviderStub> inner,
                                               const std::string& artifact);

// Does not ask where a Breaker says so: UNAVAILABLE (not_asked.h). INVALID_ARGUMENT is charged to
// the request for ever, or, where the artifact is not known, as every other failure; UNAVAILABLE,
// CANCELLED and ABORTED count for nothing. What a description that comes through starts anew:
// Breaker::Reset. Describe passes by. Thread-safe.
std::shared_ptr<ProviderStub> MakeBreakerStub(std::shared_ptr<ProviderStub> inner,
                                              const ProviderConfig& config);

// Makes at most `in_flight` calls at once: a Bulkhead, in which Assess and Finalize are background
// work.
// Too many users wait: RESOURCE_EXHAUSTED (not_asked.h). Describe passes by. Thread-safe.
std::shared_ptr<ProviderStub> MakeBulkheadStub(std::shared_ptr<ProviderStub> inner, int in_flight);

// All of them in their order, around the client of a configured provider: the cache, which costs no
// call; the bulkhead; the breaker, which is asked when the turn has come; the check, so that the
// breaker sees bad answers. `answers` outlives every call.
std::shared_ptr<ProviderStub> Guard(std::shared_ptr<ProviderStub> inner,
                                    const ProviderConfig& config, AnswerCache& answers);

}  // namespace weft::mesh
