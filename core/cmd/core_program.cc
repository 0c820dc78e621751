#include "core/cmd/core_program.h"

#include <memory>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/api/applications_service.h"
#include "core/api/catalog_service.h"
#include "core/base/data_directory.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/mesh/caching_stub.h"
#include "core/mesh/providers.h"
#include "core/scheduler/admission.h"
#include "core/scheduler/scheduler.h"
#include "core/store/sqlite_store.h"

namespace weft::cmd {
namespace {

constexpr int kWorkers = 8;
constexpr size_t kWaiting = 256;
constexpr absl::Duration kAnswersKept = absl::Hours(24 * 30);

struct Flags {
  std::string data;     // Empty: WEFT_DATA, or ~/.weft.
  std::string listen;   // Empty: the socket "core" of the data directory.
  std::string runtime;  // Empty: the socket "runtime-local" of the data directory.
};

// Puts the core together, from the bottom up; what is above is gone before what is below.
absl::Status Run(const Flags& flags) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, DataDirectory::Open(flags.data));
  WEFT_RETURN_IF_ERROR(data.Lock("core"));
  WEFT_ASSIGN_OR_RETURN(const std::string installation, data.Installation());
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                        store::OpenSqliteStore(data.Below("core.db")));
  WEFT_RETURN_IF_ERROR(mesh::DropOldAnswers(*store, absl::Now() - kAnswersKept));
  const auto runtime = runtime::v1::Runtime::NewStub(
      MakeChannel(flags.runtime.empty() ? data.SocketAddress("runtime-local") : flags.runtime));
  auto pool = std::make_unique<WorkerPool>(kWorkers, kWaiting);
  scheduler::Scheduler* told = nullptr;  // Set before the providers' thread starts.
  mesh::Providers providers({.directory = data.Below("providers"),
                             .store = store.get(),
                             .connect =
                                 [&](const mesh::ProviderConfig& config) {
                                   return mesh::MakeCachingStub(
                                       mesh::MakeGrpcStub(config.address, mesh::Deadlines()),
                                       config.artifact, *store);
                                 },
                             .on_change = [&] { told->ProvidersChanged(); }});
  scheduler::Scheduler scheduler(*store, providers, *runtime);
  told = &scheduler;
  const absl::Cleanup stop_telling = [&] { providers.Stop(); };  // Before the scheduler goes.
  providers.Start();
  WEFT_RETURN_IF_ERROR(scheduler.Start());
  const scheduler::Admission admission(
      {.store = store.get(),
       .providers = &providers,
       .runtime = runtime.get(),
       .pool = pool.get(),
       .installation = installation,
       .on_stored = [&](const std::string& application) { scheduler.Touch(application); }});
  api::ApplicationsService applications({.store = store.get(),
                                         .scheduler = &scheduler,
                                         .admission = &admission,
                                         .runtime = runtime.get(),
                                         .pool = pool.get()});
  api::CatalogService catalog(*store, providers, *pool);
  const absl::Status served =
      RunService({.name = "weft-core",
                  .address = flags.listen.empty() ? data.SocketAddress("core") : flags.listen,
                  .services = {&applications, &catalog},
                  .on_drain = [&] { applications.EndStreams(); }});
  // Every call has ended; what still waits in the pool needs the parts above.
  pool.reset();
  return served;
}

}  // namespace

int CoreMain(int argc, char** argv) {
  Flags flags;
  CLI::App app("The API and the scheduler of Weft", "weft-core");
  app.set_version_flag("--version", absl::StrCat("weft-core ", WEFT_VERSION));
  app.add_option("--data", flags.data, "The data directory [env WEFT_DATA, else ~/.weft]");
  app.add_option("--listen", flags.listen, "Where to serve [a socket of the data directory]");
  app.add_option("--runtime", flags.runtime, "The runtime [a socket of the data directory]");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  InitializeService("weft-core");
  const absl::Status status = Run(flags);
  if (!status.ok()) spdlog::error("msg=\"{}\"", std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace weft::cmd
