#include "runtime/local/serve.h"

#include <cstdlib>
#include <optional>
#include <spdlog/spdlog.h>

#include "core/base/data_directory.h"
#include "core/base/environment.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/base/worker_pool.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/anchor/name_servers.h"
#include "runtime/engine/discovery.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/local/engine_choice.h"
#include "runtime/local/images_service.h"
#include "runtime/local/local_runtime.h"
#include "runtime/local/registry_login.h"
#include "runtime/local/runtime_service.h"
#include "runtime/proxy/haproxy.h"

namespace weft::local {
namespace {

constexpr int kWorkers = 8;
constexpr size_t kMostWaiting = 256;
constexpr int kMostStreams = 64;
constexpr char kEngineSetting[] = "engine";

absl::StatusOr<EngineChoice> Choose(const DataDirectory& data, const std::string& database) {
  WEFT_ASSIGN_OR_RETURN(const auto settings, ObjectStore::Open(database, [](auto&, bool) {}));
  WEFT_ASSIGN_OR_RETURN(const std::string remembered, settings->ReadSetting(kEngineSetting));
  WEFT_ASSIGN_OR_RETURN(const EngineChoice choice,
                        ChooseEngine({Environment("WEFT_ENGINE"), remembered,
                                      Environment("DOCKER_HOST"), data.Below("engine/docker.sock")},
                                     engine::EngineAnswers, engine::PrivateEngine::CheckPossible));
  WEFT_RETURN_IF_ERROR(settings->WriteSetting(
      kEngineSetting, choice.is_private ? kPrivateEngine : choice.socket_path));
  spdlog::info("msg=\"engine\" socket={} private={}", choice.socket_path, choice.is_private);
  return choice;
}

absl::Status ServeRuntime(LocalRuntime& local, const std::string& address,
                          const std::string& tls_dir) {
  WorkerPool pool(kWorkers, kMostWaiting);
  StreamLimit streams(kMostStreams);
  RuntimeService runtime(local, pool, streams, WEFT_VERSION);
  ImagesService images(local.engine(), local.objects(), pool, streams);
  ServiceOptions options;
  options.name = "weft-runtime-local";
  options.address = address;
  options.tls_dir = tls_dir;
  options.services = {&runtime, &images};
  options.on_drain = [&] { runtime.Drain(); };
  absl::Status served = RunService(options);
  if (!served.ok()) return served;
  // `weft delete` is over before the network has gone, and after `weft down` nobody may come.
  if (const absl::Status removed = local.RemoveUnusedNetworks(); !removed.ok())
    spdlog::warn("msg=\"a network may be left\" error=\"{}\"", std::string(removed.message()));
  // What else is under way may take a pod's whole grace or a pull; it is taken up again by the next
  // process as after any other end.
  spdlog::default_logger()->flush();
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

absl::Status Serve(const std::string& path, const std::string& listen, const std::string& tls_dir) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, DataDirectory::Open(path));
  WEFT_RETURN_IF_ERROR(data.Lock("runtime-local"));
  WEFT_ASSIGN_OR_RETURN(const std::string installation, data.Installation());
  const std::string database = data.Below("runtime-local.db");
  WEFT_ASSIGN_OR_RETURN(const EngineChoice choice, Choose(data, database));
  std::optional<EngineKeeper> keeper;
  if (choice.is_private) keeper.emplace(data.Below("engine"), data.Below("logs/engine.log"));
  engine::DockerEngine engine(choice.socket_path);
  const anchor::NetworkAccess access = anchor::OwnNetworkAccess();
  const auto services = anchor::MakeAnchorNetwork(engine, installation, access);
  LocalRuntime::Options options;
  options.installation = installation;
  options.identities = data.Below("identities");
  options.sandbox_program = anchor::AnchorProgram();
  const absl::StatusOr<std::string> dnsmasq = anchor::NameServers::FindDnsmasq();
  options.dnsmasq = dnsmasq.value_or("");
  options.no_dnsmasq = std::string(dnsmasq.status().message());
  options.access = access;
  options.logins = MachineLogins;
  if (const std::string http = Environment("WEFT_INGRESS_HTTP"); !http.empty())
    options.ingress.http = http;
  if (const std::string https = Environment("WEFT_INGRESS_HTTPS"); !https.empty())
    options.ingress.https = https;
  proxy::HaProxy proxy(data.Below("proxy"));
  WEFT_ASSIGN_OR_RETURN(const auto local,
                        LocalRuntime::Open(engine, *services, proxy, database, options));
  local->Start();
  return ServeRuntime(*local, listen.empty() ? data.SocketAddress("runtime-local") : listen,
                      tls_dir);
}

}  // namespace weft::local
