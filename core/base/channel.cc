#include "core/base/channel.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <grpcpp/security/credentials.h>
#include <map>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "core/base/environment.h"
#include "core/base/peer.h"
#include "core/base/tls.h"

namespace weft {
namespace {

// The host of an address in gRPC's form: "web" of "dns:///web:80" and of "web:80".
std::string HostOf(absl::string_view address) {
  for (absl::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"})
    if (absl::ConsumePrefix(&address, scheme)) break;
  address = address.substr(0, address.rfind(':'));
  absl::ConsumePrefix(&address, "[");
  absl::ConsumeSuffix(&address, "]");
  return std::string(address);
}

// Adds the token to every call.
class TokenPlugin final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit TokenPlugin(std::string token) : token_(std::move(token)) {}
  bool IsBlocking() const override { return false; }
  const char* GetType() const override { return kTokenMetadata; }
  grpc::Status GetMetadata(grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
                           std::multimap<std::string, std::string>* metadata) override {
    metadata->emplace(kTokenMetadata, token_);
    return grpc::Status::OK;
  }
  std::string DebugString() override { return GetType(); }

 private:
  const std::string token_;
};

// Null credentials make a channel whose every call fails with INVALID_ARGUMENT.
std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& address,
                                                      const ChannelOptions& options,
                                                      const std::string& server_name) {
  if (IsUnixSocket(address)) {
    if (options.token.empty()) return grpc::InsecureChannelCredentials();
    return grpc::CompositeChannelCredentials(
        grpc::experimental::LocalCredentials(UDS),
        grpc::MetadataCredentialsFromPlugin(std::make_unique<TokenPlugin>(options.token)));
  }
  if (options.tls_dir.empty() || options.identity.empty()) {
    spdlog::error("msg=\"no call to {}: over TCP it takes an identity and the peer's name\"",
                  address);
    return nullptr;
  }
  return TlsChannelCredentials(
      options.tls_dir, {.is_server = true, .host = server_name, .identity = options.identity},
      options.handshakes);
}

// What the supervisor left in the descriptor that WEFT_TOKEN_FD names; empty: nothing.
std::string ReadToken() {
  int fd = -1;
  if (!absl::SimpleAtoi(Environment("WEFT_TOKEN_FD"), &fd)) return "";
  char token[256];
  const ssize_t size = read(fd, token, sizeof token);
  close(fd);
  return std::string(token, static_cast<size_t>(std::max<ssize_t>(size, 0)));
}

}  // namespace

std::string ServerName(const std::string& address, const std::string& identity) {
  const std::string host = HostOf(address);
  in6_addr ip;
  const bool is_ip = inet_pton(AF_INET, host.c_str(), &ip) == 1 ||
                     inet_pton(AF_INET6, host.c_str(), &ip) == 1 ||
                     host.find(',') != std::string::npos;  // Several, of ipv4: or ipv6:.
  return is_ip ? DnsNameOf(identity) : host;
}

bool IsUnixSocket(const std::string& address) { return address.rfind("unix:", 0) == 0; }

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const ChannelOptions& options) {
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
  if (!options.service_config.empty()) arguments.SetServiceConfigJSON(options.service_config);
  const std::string server_name =
      options.server_name.empty() ? ServerName(address, options.identity) : options.server_name;
  if (!IsUnixSocket(address)) arguments.SetSslTargetNameOverride(server_name);
  return grpc::CreateCustomChannel(address, Credentials(address, options, server_name), arguments);
}

std::shared_ptr<grpc::Channel> MakeCoreChannel(const std::string& address,
                                               const std::string& tls_dir) {
  // The descriptor can be read only once.
  static const std::string token = ReadToken();
  return MakeChannel(address, {.tls_dir = tls_dir, .identity = kCoreIdentity, .token = token});
}

}  // namespace weft
