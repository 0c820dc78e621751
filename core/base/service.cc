#include "core/base/service.h"

#include <chrono>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/base/channel.h"
#include "core/base/environment.h"
#include "core/base/status.h"
#include "core/base/tls.h"

namespace weft {
namespace {

sigset_t DrainSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// What gRPC itself has to say, such as of handshakes, in our log.
void LogGrpc(gpr_log_func_args* line) {
  const auto level = line->severity == GPR_LOG_SEVERITY_ERROR  ? spdlog::level::warn
                     : line->severity == GPR_LOG_SEVERITY_INFO ? spdlog::level::info
                                                               : spdlog::level::debug;
  spdlog::log(level, "msg=\"grpc: {}\"", line->message);
}

absl::Status Listen(grpc::ServerBuilder& builder, const ServiceOptions& options,
                    const std::string& address) {
  std::shared_ptr<grpc::ServerCredentials> credentials;
  if (IsUnixSocket(address)) {
    unlink(address.c_str() + strlen("unix:"));
    credentials = grpc::experimental::LocalServerCredentials(UDS);
  } else if (options.tls_dir.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(address, " is TCP, which needs an identity: set WEFT_TLS_DIR or --tls-dir"));
  } else {
    WEFT_ASSIGN_OR_RETURN(credentials, TlsServerCredentials(options.tls_dir));
  }
  credentials->SetAuthMetadataProcessor(MakeAdmission(options.admit));
  builder.AddListeningPort(address, credentials);
  return absl::OkStatus();
}

}  // namespace

void SkipLockChecks() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

void InitializeService(const std::string& name) {
  const sigset_t signals = DrainSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  auto logger = spdlog::stderr_logger_mt(name);
  logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%eZ level=%l service=%n %v",
                      spdlog::pattern_time_type::utc);
  const std::string level = Environment("WEFT_LOG");
  logger->set_level(spdlog::level::from_str(level.empty() ? "info" : level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  gpr_set_log_function(LogGrpc);
  SkipLockChecks();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
}

absl::Status RunService(const ServiceOptions& options) {
  grpc::ServerBuilder builder;
  WEFT_RETURN_IF_ERROR(Listen(builder, options, options.address));
  if (!options.tcp_address.empty())
    WEFT_RETURN_IF_ERROR(Listen(builder, options, options.tcp_address));
  builder.SetMaxReceiveMessageSize(kMessageLimit);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients may ping every 10 s, also without calls (MakeChannel); gRPC's own default would cut
  // them off.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A client whose machine is gone says nothing: its streams end here.
  if (!options.tcp_address.empty() || !IsUnixSocket(options.address)) {
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
  }
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr)
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.address,
                                               options.tcp_address.empty() ? "" : " and ",
                                               options.tcp_address));
  spdlog::info("msg=\"serving\" address={} tcp={} version={}", options.address,
               options.tcp_address.empty() ? "-" : options.tcp_address, WEFT_VERSION);
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

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace weft
