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

http::request<http::empty_body> MakeRequest(const ProbeTarget& target, const HttpGet& get) {
  http::request<http::empty_body> request(http::verb::get, get.path, 11);
  request.set(http::field::host, absl::StrCat(target.address, ":", get.port.number));
  request.set(http::field::user_agent, "weft-probe");
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : get.headers) request.set(name, value);
  return request;
}

absl::Status Failed(const std::string& what, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat(what, ": ", why));
}

std::string NoAnswer(const ProbeTarget& target) {
  return absl::StrCat("no answer within ", absl::FormatDuration(target.probe.timeout));
}

}  // namespace

absl::Status ProbeHttp(const ProbeTarget& target) {
  const auto& get = std::get<HttpGet>(target.probe.action);
  const std::string what =
      absl::StrCat("GET http://", target.address, ":", get.port.number, get.path);
  try {
    Code failure;
    const auto address = asio::ip::make_address_v4(target.address, failure);
    if (failure) return Failed(what, failure.message());
    const asio::ip::tcp::endpoint endpoint(address, static_cast<uint16_t>(get.port.number));
    asio::io_context context(1);
    beast::tcp_stream stream(context);
    stream.expires_after(absl::ToChronoNanoseconds(target.probe.timeout));
    const auto request = MakeRequest(target, get);
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
    if (failure == beast::error::timeout) return Failed(what, NoAnswer(target));
    if (failure) return Failed(what, failure.message());
    const unsigned answer = parser.get().result_int();
    if (answer >= 200 && answer < 400) return absl::OkStatus();
    return Failed(what, absl::StrCat("answered ", answer));
  } catch (const std::exception& e) {  // A header's name that HTTP does not allow, no descriptor.
    return Failed(what, e.what());
  }
}

absl::Status ProbeTcp(const ProbeTarget& target) {
  const int port = std::get<TcpSocket>(target.probe.action).port.number;
  const std::string what = absl::StrCat("connect to ", target.address, ":", port);
  try {
    Code failure;
    const auto address = asio::ip::make_address_v4(target.address, failure);
    if (failure) return Failed(what, failure.message());
    asio::io_context context(1);
    beast::tcp_stream stream(context);
    stream.expires_after(absl::ToChronoNanoseconds(target.probe.timeout));
    stream.async_connect(asio::ip::tcp::endpoint(address, static_cast<uint16_t>(port)),
                         [&](Code code) { failure = code; });
    context.run();
    if (failure == beast::error::timeout) return Failed(what, NoAnswer(target));
    return failure ? Failed(what, failure.message()) : absl::OkStatus();
  } catch (const std::exception& e) {  // No descriptor.
    return Failed(what, e.what());
  }
}

}  // namespace weft::local
