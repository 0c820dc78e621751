#include "plugins/workloads/faas/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"

namespace weft::faas {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using boost::system::error_code;

constexpr char kUnix[] = "unix:";

absl::StatusOr<stream_protocol::endpoint> ParseAddress(const std::string& address) {
  if (absl::StartsWith(address, kUnix)) {
    const std::string path = address.substr(sizeof kUnix - 1);
    if (path.empty() || path.size() >= sizeof sockaddr_un::sun_path)
      return absl::InvalidArgumentError(absl::StrCat("'", address, "' is no path of a socket"));
    return stream_protocol::endpoint(asio::local::stream_protocol::endpoint(path));
  }
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  error_code ec;
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const asio::ip::address ip = asio::ip::make_address(host, ec);
  if (colon == std::string::npos || ec || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port > 65535)
    return absl::InvalidArgumentError(
        absl::StrCat("'", address, "' is neither ADDRESS:PORT nor unix:/path"));
  return stream_protocol::endpoint(asio::ip::tcp::endpoint(ip, static_cast<uint16_t>(port)));
}

// Whether nobody listens any more at the socket that stands at `path`.
bool IsLeftOver(asio::io_context& context, const std::string& path) {
  error_code ec;
  asio::local::stream_protocol::socket socket(context);
  socket.connect(asio::local::stream_protocol::endpoint(path), ec);
  return ec == asio::error::connection_refused;
}

}  // namespace

absl::StatusOr<Acceptor> Listen(asio::io_context& context, const std::string& address) {
  WEFT_ASSIGN_OR_RETURN(const stream_protocol::endpoint endpoint, ParseAddress(address));
  const bool tcp = endpoint.protocol().family() != AF_UNIX;
  if (!tcp && IsLeftOver(context, address.substr(sizeof kUnix - 1)))
    unlink(address.c_str() + sizeof kUnix - 1);
  Acceptor acceptor(context);
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec && tcp) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec)
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", ec.message()));
  return acceptor;
}

int PortOf(const Acceptor& acceptor) {
  error_code ec;
  const stream_protocol::endpoint endpoint = acceptor.local_endpoint(ec);
  if (ec) return 0;
  const sockaddr* address = endpoint.data();
  if (address->sa_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
  if (address->sa_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
  return 0;
}

}  // namespace weft::faas
