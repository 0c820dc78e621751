#include "plugins/workloads/faas/reply.h"

#include <array>
#include <chrono>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/write.hpp>

#include "absl/strings/str_cat.h"

namespace weft::faas {
namespace {

constexpr auto kWriteLimit = std::chrono::seconds(60);
constexpr auto kLinger = std::chrono::seconds(1);

}  // namespace

Reply ReplyOf(const absl::Status& status) {
  Reply reply{.body = absl::StrCat(status.message(), "\n")};
  if (absl::IsNotFound(status)) {
    reply.status = http::status::not_found;
    return reply;
  }
  reply.status = http::status::service_unavailable;
  reply.retry_after_seconds = absl::IsDeadlineExceeded(status) ? 5 : 1;
  return reply;
}

asio::awaitable<bool> SendReply(ClientStream& client, const RequestParser& request, Reply reply) {
  const bool keep_alive = request.get().keep_alive() && request.is_done();
  http::response<http::string_body> response(reply.status, request.get().version());
  response.set(http::field::content_type, reply.content_type);
  if (reply.retry_after_seconds > 0)
    response.set(http::field::retry_after, absl::StrCat(reply.retry_after_seconds));
  response.body() = std::move(reply.body);
  response.keep_alive(keep_alive);
  response.prepare_payload();
  http::response_serializer<http::string_body> serializer(response);
  client.expires_after(kWriteLimit);
  error_code ec;
  if (request.get().method() == http::verb::head) {
    std::tie(ec, std::ignore) = co_await http::async_write_header(client, serializer, kAwait);
  } else {
    std::tie(ec, std::ignore) = co_await http::async_write(client, serializer, kAwait);
  }
  co_return keep_alive && !ec;
}

asio::awaitable<void> EndConnection(ClientStream& client) {
  error_code ec;
  client.socket().shutdown(asio::socket_base::shutdown_send, ec);
  client.expires_after(kLinger);
  std::array<char, 4096> nothing;
  while (!ec) {
    std::tie(ec, std::ignore) = co_await client.async_read_some(asio::buffer(nothing), kAwait);
  }
  client.close();
}

}  // namespace weft::faas
