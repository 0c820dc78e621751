#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "absl/strings/str_cat.h"
#include "runtime/local/prober.h"

namespace weft::local {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Code = boost::system::error_code;

constexpr size_t kLongestAnswer = 1 << 20;

http::request<http::empty_body> MakeRequest(const ProbeTarget& target) {
  http::request<http::empty_body> request(http::verb::get, target.probe.path, 11);
  request.set(http::field::host, absl::StrCat(target.address, ":", target.probe.port.number));
  request.set(http::field::user_agent, "weft-probe");
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : target.probe.headers) request.set(name, value);
  return request;
}

absl::Status Unready(const ProbeTarget& target, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat(
      "GET http://", target.address, ":", target.probe.port.number, target.probe.path, ": ", why));
}

}  // namespace

absl::Status ProbeHttp(const ProbeTarget& target) try {
  Code failure;
  const auto address = asio::ip::make_address_v4(target.address, failure);
  if (failure) return Unready(target, failure.message());
  const asio::ip::tcp::endpoint endpoint(address, static_cast<uint16_t>(target.probe.port.number));
  asio::io_context context(1);
  beast::tcp_stream stream(context);
  stream.expires_after(absl::ToChronoNanoseconds(target.probe.timeout));
  const auto request = MakeRequest(target);
  beast::flat_buffer buffer;
  http::response_parser<http::empty_body> parser;  // The header decides.
  parser.skip(true);
  parser.header_limit(kLongestAnswer);
  stream.async_connect(endpoint, [&](Code code) {
    if ((failure = code)) return;
    http::async_write(stream, request, [&](Code code, size_t) {
      if ((failure = code)) return;
      http::async_read_header(stream, buffer, parser, [&](Code code, size_t) { failure = code; });
    });
  });
  context.run();
  if (failure == beast::error::timeout)
    return Unready(target,
                   absl::StrCat("no answer within ", absl::FormatDuration(target.probe.timeout)));
  if (failure) return Unready(target, failure.message());
  const unsigned answer = parser.get().result_int();
  if (answer >= 200 && answer < 400) return absl::OkStatus();
  return Unready(target, absl::StrCat("answered ", answer));
} catch (const std::exception& e) {  // A header's name that HTTP does not allow, or no descriptor.
  return Unready(target, e.what());
}

}  // namespace weft::local
