#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/catalog/type.h"
#include "core/model/decode.h"
#include "core/scheduler/rendering.h"

// The documents that benchmarks use: a component of the type Server, and an application that uses
// it `components` times, each time with the trait manual-scaler.
namespace weft::bench {

std::string DocumentsText(int components);

// INTERNAL: they are not two documents without a diagnostic.
absl::StatusOr<model::Decoded> DecodeDocuments(const std::string& text);

// Of decoded documents, the component as its first revision. INTERNAL: there is a diagnostic.
absl::StatusOr<resolve::Application> ResolveDocuments(const model::Decoded& documents,
                                                      const catalog::TypeTable& types);

// All of it.
absl::StatusOr<scheduler::RenderInput> MakeInput(const catalog::TypeTable& types, int components);

}  // namespace weft::bench
