#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/catalog/type.h"
#include "core/model/decode.h"
#include "core/scheduler/rendering.h"

// The documents that benchmarks use: a component of the type Server, and an application that uses
// it several times.
namespace weft::bench {

struct Size {
  int components = 1;
  // Of each: manual-scaler; of three also ingress, and volume-mounter for a volume that it has
  // then.
  int traits = 1;
};

std::string DocumentsText(const Size& size);

// INTERNAL: they are not two documents without a diagnostic.
absl::StatusOr<model::Decoded> DecodeDocuments(const std::string& text);

// Of decoded documents, the component as its first revision. INTERNAL: there is a diagnostic.
absl::StatusOr<resolve::Application> ResolveDocuments(const model::Decoded& documents,
                                                      const catalog::TypeTable& types);

// All of it.
absl::StatusOr<scheduler::RenderInput> MakeInput(const catalog::TypeTable& types, const Size& size);

}  // namespace weft::bench
