#pragma once

#include <grpcpp/channel.h>
#include <memory>
#include <string>

// How programs of ours call each other.
namespace weft {

// A message's 4 MiB and its envelope, in bytes. Source: docs/protocol.md, "Limits".
inline constexpr int kMessageLimit = 4 * 1024 * 1024 + 64 * 1024;

// Whom the certificate of a core names.
inline constexpr char kCoreIdentity[] = "core/core";

class Handshakes;  // tls.h

struct ChannelOptions {
  std::string service_config = {};  // gRPC's, as JSON: load balancing, health checks, retries.
  std::string tls_dir = {};         // Our identity over TCP (tls.h).
  std::string identity = {};        // Who must answer over TCP: "provider/greeter".
  // The DNS name that its certificate must have. Empty: ServerName of the address.
  std::string server_name = {};
  std::string token = {};  // Sent with every call through a unix socket (kTokenMetadata).
  std::shared_ptr<Handshakes> handshakes = {};  // Told of those over TCP; may be null.
};

// A channel to a service of ours: keepalive pings every 10 s with a timeout of 5 s notice a stopped
// process, messages of up to 4 MiB (servers take as many), reconnection back-off from 100 ms to 2
// s. Over TCP it is mTLS: without tls_dir and identity every call fails with INVALID_ARGUMENT.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const ChannelOptions& options = {});

// A channel to the core at `address` for a program that the core must know: through a unix socket
// with the token of WEFT_TOKEN_FD, if `weft up` started it, over TCP with the identity in
// `tls_dir`.
std::shared_ptr<grpc::Channel> MakeCoreChannel(const std::string& address,
                                               const std::string& tls_dir);

// The DNS name that a server with this identity must show at `address`: its host, or DnsNameOf the
// identity where that is an IP address.
std::string ServerName(const std::string& address, const std::string& identity);

// Whether `address`, in gRPC's form, is reached through a unix socket.
bool IsUnixSocket(const std::string& address);

}  // namespace weft
