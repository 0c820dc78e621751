#pragma once

#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "absl/status/statusor.h"

namespace weft::faas {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

// A socket that listens at `address`: "HOST:PORT" with the host an IP address (in brackets if it
// has colons), or "unix:/path", where a socket left by a dead process is replaced.
// INVALID_ARGUMENT: not an address. UNAVAILABLE: it cannot be listened on.
absl::StatusOr<Acceptor> Listen(boost::asio::io_context& context, const std::string& address);

// The TCP port that it listens on, or 0.
int PortOf(const Acceptor& acceptor);

}  // namespace weft::faas
