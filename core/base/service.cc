#include "core/base/service.h"

#include <chrono>
#include <cstdlib>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace weft {
namespace {

constexpr int kMessageLimit = 4 * 1024 * 1024 + 64 * 1024;  // An answer's 4 MiB and its envelope.

sigset_t DrainSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void InitializeService(const std::string& name) {
  const sigset_t signals = DrainSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  auto logger = spdlog::stderr_logger_mt(name);
  logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%eZ level=%l service=%n %v",
                      spdlog::pattern_time_type::utc);
  const char* level = getenv("WEFT_LOG");
  logger->set_level(spdlog::level::from_str(level == nullptr ? "info" : level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
}

absl::Status RunService(const ServiceOptions& options) {
  if (options.address.rfind("unix:", 0) == 0) unlink(options.address.c_str() + 5);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(kMessageLimit);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients may ping every 10 s, also without calls (MakeChannel); gRPC's own default would cut
  // them off.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr)
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.address));
  spdlog::info("msg=\"serving\" address={} version={}", options.address, WEFT_VERSION);
  if (options.on_ready) options.on_ready();

  const sigset_t signals = DrainSignals();
  int received = 0;
  sigwait(&signals, &received);
  spdlog::info("msg=\"draining\" signal={}", received);
  server->GetHealthCheckService()->SetServingStatus(false);
  if (options.on_drain) options.on_drain();
  server->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(options.drain));
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const std::string& service_config) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // This is also how long one attempt to connect may take; 100 ms were too short on a busy machine.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetMaxReceiveMessageSize(kMessageLimit);
  if (!service_config.empty()) arguments.SetServiceConfigJSON(service_config);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace weft
