#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/mesh/fake_provider.h"
#include "core/mesh/provider_stub.h"
#include "core/mesh/providers.h"
#include "core/scheduler/runtimes.h"
#include "core/store/memory_store.h"
#include "weft/provider/v1/render.pb.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::simulation {

// A question to the provider that is not answered yet, and what it would say.
struct Asked {
  std::string instance;
  provider::v1::RenderResponse answer;
  mesh::Callback<provider::v1::RenderResponse> done;
};

// The configured provider and runtime, which are the same in every run, as they take a folder and
// threads. What they are asked goes to the run that is under way. Of the provider's threads only
// its first description is waited for: after that nothing changes, so that runs stay the same.
class Installation {
 public:
  // Who is asked.
  struct Run {
    std::function<void(Asked)> ask;
    runtime::v1::Runtime::StubInterface* runtime = nullptr;
  };

  // The only one. `run` is asked until another is.
  static const Installation& For(Run run);
  ~Installation();

  const mesh::Providers& providers() const { return *providers_; }
  const scheduler::Runtimes& runtimes() const { return *runtimes_; }

 private:
  class Stub;
  class Runtime;
  Installation();

  const std::string directory_;
  Run run_;
  store::MemoryStore descriptions_;
  std::unique_ptr<mesh::Providers> providers_;
  std::unique_ptr<scheduler::Runtimes> runtimes_;
};

}  // namespace weft::simulation
