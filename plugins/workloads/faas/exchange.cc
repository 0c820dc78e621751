#include "plugins/workloads/faas/exchange.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "plugins/workloads/faas/reply.h"

namespace weft::faas {
namespace {

using std::chrono::steady_clock;

constexpr auto kFirstDelay = std::chrono::milliseconds(10);
constexpr auto kLongestDelay = std::chrono::milliseconds(500);
constexpr int kRepeats = 3;
constexpr size_t kRetained = 64 << 10;  // Bytes of a body.
constexpr auto kSilence = std::chrono::minutes(5);
// How long a connection may have been idle that is used again; a shorter time where a request could
// not be sent twice, because the other side may be about to close it.
constexpr auto kTrusted = std::chrono::seconds(30);
constexpr auto kTrustedOnce = std::chrono::seconds(1);

// A piece of a body: where it is read to, and what came.
struct Piece {
  // The buffer for the next read of `parser`.
  template <class Parser>
  void Offer(Parser& parser) {
    parser.get().body().data = bytes.data();
    parser.get().body().size = bytes.size();
  }
  template <class Parser>
  std::string_view Taken(const Parser& parser) const {
    return {bytes.data(), bytes.size() - parser.get().body().size};
  }
  std::array<char, kPieceSize> bytes;
};

// A body's next piece, and whether there is more to come.
void SetBody(http::buffer_body::value_type& body, std::string_view piece, bool more) {
  body.data = piece.empty() ? nullptr : const_cast<char*>(piece.data());
  body.size = piece.size();
  body.more = more;
}

asio::awaitable<void> Sleep(steady_clock::duration duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(kAwait);
}

}  // namespace

asio::awaitable<bool> Exchange::Run() {
  std::string avoid;
  int broken = 0;
  for (steady_clock::duration delay = kFirstDelay;;
       delay = std::min<steady_clock::duration>(2 * delay, kLongestDelay)) {
    const absl::StatusOr<Endpoint> endpoint = co_await Find(avoid);
    if (!endpoint.ok()) co_return co_await SendReply(client_, request_, ReplyOf(endpoint.status()));
    const Outcome outcome = co_await Try(*endpoint);
    if (outcome == Outcome::kDone) co_return keep_alive_&& request_.is_done();
    if (outcome == Outcome::kCut || client_gone_) co_return false;
    Reply reply{.status = http::status::bad_gateway, .body = "the function broke off\n"};
    if (outcome == Outcome::kSilent) reply = {http::status::gateway_timeout, "no answer came\n"};
    const bool again = outcome == Outcome::kRefused ||
                       (outcome == Outcome::kBroken && MayRepeat() && broken++ < kRepeats);
    if (!again) co_return co_await SendReply(client_, request_, std::move(reply));
    avoid = endpoint->name;
    co_await Sleep(delay);
  }
}

bool Exchange::MayRepeat() const { return retained_ && IsIdempotent(request_.get().method()); }

// Comes back on this coroutine's executor, whichever thread the answer comes from.
asio::awaitable<absl::StatusOr<Endpoint>> Exchange::Find(std::string avoid) {
  const auto initiate = [&](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    visit_.FindEndpoint(avoid, [shared](absl::StatusOr<Endpoint> found) {
      asio::post(asio::get_associated_executor(*shared),
                 [shared, found = std::move(found)]() mutable { (*shared)(std::move(found)); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                          void(absl::StatusOr<Endpoint>)>(initiate,
                                                                          asio::use_awaitable);
}

asio::awaitable<Exchange::Outcome> Exchange::Try(Endpoint endpoint) {
  std::unique_ptr<Connection> connection =
      pool_.Take(endpoint, IsIdempotent(request_.get().method()) ? kTrusted : kTrustedOnce);
  if (connection == nullptr) connection = co_await Connect(endpoint);
  if (connection == nullptr) co_return Outcome::kRefused;
  const bool goes_on = co_await Continue();
  if (!goes_on) co_return Outcome::kCut;
  const Outcome outcome = co_await Pass(*connection);
  if (outcome == Outcome::kDone && sent_ && reusable_) pool_.Put(std::move(connection));
  co_return outcome;
}

// A client that waits to be told so sends its body now. False: it is gone.
asio::awaitable<bool> Exchange::Continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto expect = request_.get()[http::field::expect];
  if (continued_ || request_.is_done() || !beast::iequals(expect, "100-continue")) co_return true;
  continued_ = true;
  client_.expires_after(kSilence);
  const auto [ec, n] =
      co_await asio::async_write(client_, asio::buffer(kContinue.data(), kContinue.size()), kAwait);
  co_return !ec;
}

// Sends and receives at the same time: a function may answer while it reads.
asio::awaitable<Exchange::Outcome> Exchange::Pass(Connection& connection) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  RequestHeader header = MakeHeader(connection.to);
  asio::steady_timer ended(executor, steady_clock::time_point::max());
  bool sending = true;
  sent_ = false;
  asio::co_spawn(executor, Send(connection, header), [&](const std::exception_ptr&) {
    sending = false;
    ended.cancel();
  });
  const Outcome outcome = co_await Receive(connection);
  if (sending) {
    connection.stream.close();
    client_.cancel();
    co_await ended.async_wait(kAwait);
  }
  co_return outcome;
}

RequestHeader Exchange::MakeHeader(const std::string& host) const {
  RequestHeader header = ForwardedRequest(request_.get(), path_, AddressOf(client_));
  header.set(http::field::host, host);
  if (request_.chunked()) header.chunked(true);
  return header;
}

asio::awaitable<void> Exchange::Send(Connection& to, RequestHeader& header) {
  Serializer serializer(header);
  SetBody(header.body(), body_, !request_.is_done());
  bool written = co_await Write(to, serializer);
  Piece piece;
  while (written && !request_.is_done()) {
    piece.Offer(request_);
    client_.expires_after(kSilence);
    auto [ec, n] = co_await http::async_read_some(client_, buffer_, request_, kAwait);
    if (ec && ec != http::error::need_buffer) {
      client_gone_ = ec != asio::error::operation_aborted;
      if (client_gone_) to.stream.close();  // Receive waits there.
      co_return;
    }
    const std::string_view taken = piece.Taken(request_);
    Retain(taken);
    SetBody(header.body(), taken, !request_.is_done());
    written = co_await Write(to, serializer);
  }
  sent_ = written;
}

asio::awaitable<bool> Exchange::Write(Connection& to, Serializer& serializer) {
  to.stream.expires_after(kSilence);
  const auto [ec, n] = co_await http::async_write(to.stream, serializer, kAwait);
  co_return !ec || ec == http::error::need_buffer;
}

void Exchange::Retain(std::string_view piece) {
  retained_ = retained_ && body_.size() + piece.size() <= kRetained;
  if (retained_) {
    body_ += piece;
  } else {
    body_ = std::string();
  }
}

asio::awaitable<Exchange::Outcome> Exchange::Receive(Connection& from) {
  std::optional<ResponseParser> response;
  bool begun = false;
  do {
    response.emplace();
    response->header_limit(kHeaderLimit);
    response->body_limit(boost::none);
    response->skip(request_.get().method() == http::verb::head);
    from.stream.expires_after(kSilence);
    const auto [ec, n] =
        co_await http::async_read_header(from.stream, from.buffer, *response, kAwait);
    begun = begun || response->got_some() || from.buffer.size() > 0;
    if (ec == beast::error::timeout) co_return Outcome::kSilent;
    if (ec) co_return begun ? Outcome::kBad : Outcome::kBroken;
    if (response->get().result() == http::status::switching_protocols) co_return Outcome::kBad;
  } while (response->get().result_int() < 200);
  co_return co_await Relay(from, *response);
}

asio::awaitable<Exchange::Outcome> Exchange::Relay(Connection& from, ResponseParser& response) {
  reusable_ = response.keep_alive() && !response.need_eof();
  ResponseHeader header =
      ForwardedResponse(response, request_.get().version(), request_.get().keep_alive());
  keep_alive_ = header.keep_alive();
  http::response_serializer<http::buffer_body> serializer(header);
  SetBody(header.body(), {}, !response.is_done());
  client_.expires_after(kSilence);
  error_code ec;
  std::tie(ec, std::ignore) = co_await http::async_write_header(client_, serializer, kAwait);
  Piece piece;
  while (!ec && !response.is_done()) {
    piece.Offer(response);
    from.stream.expires_after(kSilence);
    std::tie(ec, std::ignore) =
        co_await http::async_read_some(from.stream, from.buffer, response, kAwait);
    if (ec && ec != http::error::need_buffer) break;
    SetBody(header.body(), piece.Taken(response), !response.is_done());
    client_.expires_after(kSilence);
    std::tie(ec, std::ignore) = co_await http::async_write(client_, serializer, kAwait);
    if (ec == http::error::need_buffer) ec = {};
  }
  co_return ec ? Outcome::kCut : Outcome::kDone;
}

}  // namespace weft::faas
