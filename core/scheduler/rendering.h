#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/worker_pool.h"
#include "core/merge/merge.h"
#include "core/mesh/providers.h"
#include "core/model/document.h"
#include "core/resolve/resolve.h"
#include "core/scheduler/kept_parts.h"
#include "core/scheduler/readings.h"

namespace weft::scheduler {

struct RenderInput {
  resolve::Application application;
  model::Document document;  // Of the application: where diagnostics are placed.
  // Components whose documents came in the same call, by name: a provider's diagnostic about one of
  // them is placed there.
  std::map<std::string, model::Document> components;
  std::string installation;
  Kept kept = {};  // What stands in for answers that are missing.
  Readings readings = {};
};

// An instance whose provider has no answer yet.
struct Waiting {
  std::string reason;    // What is waited for, for people.
  absl::Duration again;  // After how long to ask again.
};

struct Rendered {
  // Of each instance, in the application's order, stamped. Must not be used with an error.
  std::vector<std::vector<merge::MergedObject>> objects;
  model::Diagnostics diagnostics;          // In the application's order.
  std::map<std::string, Waiting> waiting;  // By instance key.
};

// Asks the providers of all workloads and traits at once and merges their answers, stage by stage
// (TraitInstance::stage). A trait that reads its workload is asked when that and all traits of the
// stages before it have answered, and sees what these came to; if that comes to nothing it is not
// asked. Every diagnostic of every provider is collected; a provider that fails is an error at the
// workload's or trait's place. In which order they answer changes nothing.
//
// A trait that may do without the answer (catalog::Type::optional) contributes what `kept` has of
// it, if that still merges, or nothing if there is none: a warning at its place. That holds if the
// call fails, not if it is answered with an error. Likewise one that is not ready, if that may pass
// (catalog::Type::MayWait); a workload that is not ready stays as it was, with its traits.
//
// Returns at once. No thread waits for a provider; merging happens in `pool`, where `done` is
// called exactly once. `providers` and `pool` outlive that call.
void Render(RenderInput input, const mesh::Providers& providers, WorkerPool& pool,
            std::function<void(Rendered)> done);

}  // namespace weft::scheduler
