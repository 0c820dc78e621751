#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/worker_pool.h"
#include "core/merge/merge.h"
#include "core/mesh/providers.h"
#include "core/model/document.h"
#include "core/resolve/resolve.h"

namespace weft::scheduler {

struct RenderInput {
  resolve::Application application;
  model::Document document;  // Of the application: where diagnostics are placed.
  // Components whose documents came in the same call, by name: a provider's diagnostic about one of
  // them is placed there.
  std::map<std::string, model::Document> components;
  std::string installation;
  // What stands in for traits without an answer that may do without (Kept::parts).
  std::map<std::string, std::vector<merge::Part>> kept = {};
};

struct Rendered {
  // Of each instance, in the application's order, stamped. Must not be used with an error.
  std::vector<std::vector<merge::MergedObject>> objects;
  model::Diagnostics diagnostics;  // In the application's order.
};

// Asks the providers of all workloads and traits at once and merges their answers, stage by stage
// (TraitInstance::stage). A trait that reads its workload is asked when that and all traits of the
// stages before it have answered, and sees what these came to; if that comes to nothing it is not
// asked. Every diagnostic of every provider is collected; a provider that fails is an error at the
// workload's or trait's place. In which order they answer changes nothing.
//
// A trait that may do without the answer (catalog::Type::optional) contributes what `kept` has of
// it, if that still merges, or nothing if there is none: a warning at its place. That holds if the
// call fails, not if it is answered with an error or is not ready.
//
// Returns at once. No thread waits for a provider; merging happens in `pool`, where `done` is
// called exactly once. `providers` and `pool` outlive that call.
void Render(RenderInput input, const mesh::Providers& providers, WorkerPool& pool,
            std::function<void(Rendered)> done);

}  // namespace weft::scheduler
