#include "runtime/kubernetes/serve.h"

#include <cstdlib>
#include <spdlog/spdlog.h>

#include "core/base/data_directory.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/base/worker_pool.h"
#include "runtime/kubernetes/kubernetes_runtime.h"
#include "runtime/kubernetes/runtime_service.h"

namespace weft::kubernetes {
namespace {

constexpr char kService[] = "runtime-kubernetes";
constexpr int kWorkers = 32;  // Calls under way; they wait for the API server.
constexpr size_t kMostWaiting = 256;
constexpr int kMostStreams = 64;

absl::Status ServeRuntime(KubernetesRuntime& kubernetes, const std::string& address,
                          const std::string& tls_dir) {
  WorkerPool pool(kWorkers, kMostWaiting);
  StreamLimit streams(kMostStreams);
  RuntimeService service(kubernetes, pool, streams, WEFT_VERSION);
  ServiceOptions options;
  options.name = "weft-runtime-kubernetes";
  options.address = address;
  options.tls_dir = tls_dir;
  options.services = {&service};
  options.on_drain = [&] {
    service.Drain();
    kubernetes.Stop();
  };
  const absl::Status served = RunService(options);
  if (!served.ok()) return served;
  // Requests that are still under way are as good as cut by any other end: the core sends again
  // what it was not told of.
  spdlog::default_logger()->flush();
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

absl::Status Serve(const ServeOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, DataDirectory::Open(options.data));
  WEFT_RETURN_IF_ERROR(data.Lock(kService));
  KubernetesRuntime::Options opening;
  WEFT_ASSIGN_OR_RETURN(opening.installation, data.Installation());
  WEFT_ASSIGN_OR_RETURN(opening.access, FindClusterAccess(options.kubeconfig, options.context));
  spdlog::info("msg=\"cluster\" server={}", opening.access.server);
  opening.kinds_file = data.Below("runtime-kubernetes.kinds");
  opening.version = WEFT_VERSION;
  WEFT_ASSIGN_OR_RETURN(const auto kubernetes, KubernetesRuntime::Open(std::move(opening)));
  WEFT_RETURN_IF_ERROR(kubernetes->Start());
  return ServeRuntime(*kubernetes,
                      options.listen.empty() ? data.SocketAddress(kService) : options.listen,
                      options.tls_dir);
}

}  // namespace weft::kubernetes
