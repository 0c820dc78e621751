#pragma once

#include <string>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

// The gateway's words for Boost.Asio and Boost.Beast, and what HTTP says of intermediaries.
namespace weft::faas {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// Completes a coroutine's wait with a tuple that begins with an error code, without exceptions.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// A client, over TCP or a unix socket.
using ClientStream = beast::basic_stream<asio::generic::stream_protocol>;
using RequestParser = http::request_parser<http::buffer_body>;
using ResponseParser = http::response_parser<http::buffer_body>;
using RequestHeader = http::request<http::buffer_body>;
using ResponseHeader = http::response<http::buffer_body>;

inline constexpr size_t kHeaderLimit = 64 << 10;  // Bytes.
inline constexpr size_t kPieceSize = 16 << 10;    // Bytes of a body that are moved at a time.

// Removes what concerns only the connection that a message came over: Connection and what it names,
// Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade and the proxies' own. Source: RFC 9110,
// section 7.6.1.
void RemoveHopByHop(http::fields& fields);

// Whether a request may be sent twice. Source: RFC 9110, section 9.2.2.
bool IsIdempotent(http::verb method);

// The header of `request` as a function gets it: for `path`, from the client at the address `from`
// (empty: not known). Framing and Host are the caller's.
RequestHeader ForwardedRequest(const RequestHeader& request, std::string_view path,
                               std::string_view from);

// The header of `response` as a client of the HTTP version `version` gets it, framed so that the
// body's length or end can be told. `keep_alive`: the client wants to keep its connection; whether
// it can, the header says.
ResponseHeader ForwardedResponse(const ResponseParser& response, unsigned version, bool keep_alive);

// The address of the client, without its port; empty over a unix socket.
std::string AddressOf(const ClientStream& client);

}  // namespace weft::faas
