#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/catalog/components.h"
#include "core/catalog/decoded_revisions.h"
#include "core/catalog/type.h"
#include "core/model/decode.h"
#include "core/resolve/resolve.h"
#include "core/scheduler/runtime_choice.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

namespace weft::scheduler {

// A component of the call, beside what is stored of it.
struct CheckedComponent {
  const model::Document* document = nullptr;
  std::optional<store::v1::ComponentRecord> latest;  // Nothing: it is new.
  int64_t revision = 0;                              // That the component has after the call.
};

// An application of the call, resolved.
struct CheckedApplication {
  const model::Document* document = nullptr;
  resolve::Application resolved;
  std::map<std::string, std::string> used;  // The stored bytes of each component that it uses and
                                            // that did not come in the call, by name.
  std::string runtime;                      // That carries it out.
};

// What a call holds, as far as it can be told without asking a provider.
struct Checked {
  model::Decoded decoded;  // Owns the documents.
  std::vector<CheckedComponent> components;
  std::vector<CheckedApplication> applications;
  model::Diagnostics diagnostics;
};

// What a call may do.
struct CheckRules {
  RuntimeChoice runtimes;
  bool system = false;  // The core's own call: it may write to kSystemNamespace.
  // Which revision of each component is used, by name; another component: its latest.
  std::map<std::string, int64_t> revisions = {};
};

// Decodes and resolves the documents of a call against the types that are served and the components
// that are stored or come in the same call, and chooses where each application runs. An error is
// the store's; what is wrong with a document is a diagnostic.
absl::StatusOr<Checked> Check(const std::vector<model::Source>& sources,
                              const std::string& default_namespace, store::Store& store,
                              const catalog::TypeTable& types, catalog::DecodedRevisions& decoded,
                              const CheckRules& rules = {});

}  // namespace weft::scheduler
