#include "plugins/workloads/faas/http.h"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <vector>

#include <boost/beast/http/rfc7230.hpp>

namespace weft::faas {
namespace {

constexpr char kVia[] = "1.1 weft";

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Adds `value` to the list that the field holds.
template <class Name>
void Append(http::fields& fields, Name name, std::string_view value) {
  std::string list(View(fields[name]));
  if (!list.empty()) list += ", ";
  list += value;
  fields.set(name, list);
}

}  // namespace

void RemoveHopByHop(http::fields& fields) {
  std::vector<std::string> named;
  const auto [begin, end] = fields.equal_range(http::field::connection);
  for (auto field = begin; field != end; ++field) {
    for (const auto& token : http::token_list(field->value())) named.emplace_back(View(token));
  }
  for (const std::string& name : named) fields.erase(name);
  for (const http::field name :
       {http::field::connection, http::field::keep_alive, http::field::proxy_connection,
        http::field::te, http::field::trailer, http::field::transfer_encoding, http::field::upgrade,
        http::field::proxy_authenticate, http::field::proxy_authorization})
    fields.erase(name);
}

bool IsIdempotent(http::verb method) {
  switch (method) {
    case http::verb::get:
    case http::verb::head:
    case http::verb::options:
    case http::verb::trace:
    case http::verb::put:
    case http::verb::delete_:
      return true;
    default:
      return false;
  }
}

RequestHeader ForwardedRequest(const RequestHeader& request, std::string_view path,
                               std::string_view from) {
  RequestHeader forwarded;
  forwarded.base() = request.base();
  forwarded.version(11);
  forwarded.target(boost::beast::string_view(path.data(), path.size()));
  RemoveHopByHop(forwarded);
  forwarded.erase(http::field::expect);  // Answered by the gateway.
  if (const auto host = request[http::field::host]; !host.empty())
    forwarded.set("X-Forwarded-Host", host);
  if (!from.empty()) Append(forwarded, "X-Forwarded-For", from);
  Append(forwarded, http::field::via, kVia);
  return forwarded;
}

ResponseHeader ForwardedResponse(const ResponseParser& response, unsigned version,
                                 bool keep_alive) {
  ResponseHeader forwarded;
  forwarded.base() = response.get().base();
  forwarded.version(version);
  RemoveHopByHop(forwarded);
  Append(forwarded, http::field::via, kVia);
  const bool known = response.is_done() || response.content_length().has_value();
  const bool chunked = !known && version >= 11;
  if (chunked) forwarded.chunked(true);
  forwarded.keep_alive(keep_alive && (known || chunked));
  return forwarded;
}

std::string AddressOf(const ClientStream& client) {
  error_code ec;
  const asio::generic::stream_protocol::endpoint peer = client.socket().remote_endpoint(ec);
  if (ec) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const sockaddr* address = peer.data();
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET)
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family == AF_INET6)
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (bytes == nullptr) return "";
  return inet_ntop(address->sa_family, bytes, text.data(), text.size()) == nullptr ? ""
                                                                                   : text.data();
}

}  // namespace weft::faas
