#include "runtime/kubernetes/pod_socket.h"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/kubernetes/api_status.h"
#include "runtime/kubernetes/command_channels.h"
#include "runtime/kubernetes/port_channels.h"

namespace weft::kubernetes {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using Code = boost::system::error_code;
using Tcp = asio::ip::tcp;

// Completes a coroutine's wait with a tuple that begins with an error code, without exceptions.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr auto kToConnect = std::chrono::seconds(30);
constexpr char kAttempted[] = "connect to the pod by the API server";

struct Place {
  bool tls = false;
  std::string authority;  // "host:port", as it is given.
  std::string host;       // Of an IPv6 address without its brackets.
  std::string port;
  std::string prefix;  // Of every path.
};

// Of "https://host:port/path".
Place PlaceOf(const std::string& server) {
  Place place;
  place.tls = absl::StartsWith(server, "https://");
  const size_t host = server.find("://") + 3;
  const size_t end = std::min(server.find('/', host), server.size());
  place.prefix = server.substr(end);
  place.host = server.substr(host, end - host);
  place.authority = place.host;
  place.port = place.tls ? "443" : "80";
  const size_t colon = place.host.rfind(':');
  if (colon != std::string::npos && place.host.find(']', colon) == std::string::npos) {
    place.port = place.host.substr(colon + 1);
    place.host.resize(colon);
  }
  if (absl::StartsWith(place.host, "[")) place.host = place.host.substr(1, place.host.size() - 2);
  return place;
}

// Moves the messages of channels.
class Transport {
 public:
  virtual ~Transport() = default;
  // Blocks until the API server has agreed.
  virtual absl::Status Open(const Place& place, const std::string& token,
                            const std::string& path) = 0;
  // From any thread.
  virtual void Wake() = 0;
  virtual void Cancel() = 0;
  // Cancels, and waits until the channels are used no more.
  virtual void Stop() = 0;
};

// Over TCP or TLS. A thread of its own moves the bytes.
template <typename Next>
class Socket final : public Transport {
 public:
  template <typename... Arguments>
  explicit Socket(PodChannels& channels, Arguments&&... arguments)
      : channels_(channels), socket_(context_, std::forward<Arguments>(arguments)...) {}
  ~Socket() override { Stop(); }

  Next& next() { return socket_.next_layer(); }

  absl::Status Open(const Place& place, const std::string& token,
                    const std::string& path) override {
    absl::Status opened = absl::UnavailableError("not opened");
    asio::co_spawn(context_, Handshake(place, token, path, opened), asio::detached);
    context_.run();
    WEFT_RETURN_IF_ERROR(opened);
    context_.restart();
    asio::co_spawn(context_, ReadAll(), asio::detached);
    asio::co_spawn(context_, WriteAll(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
    return absl::OkStatus();
  }

  void Cancel() override {
    asio::post(context_, [this] {
      cancelled_ = true;
      beast::get_lowest_layer(socket_).close();
      wake_.cancel();
    });
  }

  void Stop() override {
    Cancel();
    if (thread_.joinable()) thread_.join();
  }

  void Wake() override {
    asio::post(context_, [this] { wake_.cancel(); });
  }

 private:
  static absl::Status Failed(Code code) {
    return absl::UnavailableError(absl::StrCat(kAttempted, ": ", code.message()));
  }

  asio::awaitable<void> Handshake(Place place, std::string token, std::string path,
                                  absl::Status& opened) {
    Tcp::resolver resolver(context_);
    auto [unknown, addresses] = co_await resolver.async_resolve(place.host, place.port, kAwait);
    if (unknown) {
      opened = Failed(unknown);
      co_return;
    }
    auto& lowest = beast::get_lowest_layer(socket_);
    lowest.expires_after(kToConnect);
    auto [refused, endpoint] = co_await lowest.async_connect(addresses, kAwait);
    if (refused) {
      opened = Failed(refused);
      co_return;
    }
    if constexpr (!std::is_same_v<Next, beast::tcp_stream>) {
      auto [distrusted] = co_await next().async_handshake(asio::ssl::stream_base::client, kAwait);
      if (distrusted) {
        opened = Failed(distrusted);
        co_return;
      }
    }
    socket_.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
      request.set(http::field::sec_websocket_protocol, channels_.Protocols());
      request.set(http::field::user_agent, "weft-runtime-kubernetes");
      if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
    }));
    websocket::response_type response;
    auto [declined] =
        co_await socket_.async_handshake(response, place.authority, place.prefix + path, kAwait);
    if (declined == websocket::error::upgrade_declined) {
      const HttpResponse answer = {static_cast<int>(response.result_int()), response.body()};
      opened = ToStatus(ReadApiStatus(answer), kAttempted);
      co_return;
    }
    if (declined) {
      opened = Failed(declined);
      co_return;
    }
    lowest.expires_never();
    Code no_matter;
    lowest.socket().set_option(asio::socket_base::keep_alive(true), no_matter);
    lowest.socket().set_option(Tcp::no_delay(true), no_matter);
    socket_.binary(true);
    // The API server takes every frame for a message with a channel of its own.
    socket_.auto_fragment(false);
    const auto chosen = response[http::field::sec_websocket_protocol];
    channels_.UseProtocol({chosen.data(), chosen.size()});
    opened = absl::OkStatus();
  }

  asio::awaitable<void> ReadAll() {
    beast::flat_buffer buffer;
    while (true) {
      auto [code, size] = co_await socket_.async_read(buffer, kAwait);
      if (code) {
        Ended(code);
        co_return;
      }
      channels_.Take({static_cast<const char*>(buffer.data().data()), size});
      buffer.consume(size);
      while (channels_.IsFull() && !cancelled_) co_await Woken();
    }
  }

  // What the API server's close says counts, whatever became of the socket afterwards.
  void Ended(Code code) {
    const websocket::close_reason& reason = socket_.reason();
    if (reason.code == websocket::close_code::normal ||
        (reason.code == websocket::close_code::none && code == websocket::error::closed)) {
      channels_.Close();
    } else if (reason.code != websocket::close_code::none) {
      channels_.End(absl::UnavailableError(
          absl::StrCat(kAttempted, ": closed (", reason.code, ") ",
                       absl::string_view(reason.reason.data(), reason.reason.size()))));
    } else {
      channels_.End(Failed(code));
    }
  }

  asio::awaitable<void> WriteAll() {
    while (!channels_.ended()) {
      const std::optional<std::string> message = channels_.NextToSend();
      if (!message.has_value()) {
        co_await Woken();
        continue;
      }
      auto [code, size] = co_await socket_.async_write(asio::buffer(*message), kAwait);
      if (code) co_return;  // The reading side says why.
    }
  }

  // Until Wake; both directions may wait at once.
  asio::awaitable<void> Woken() { co_await wake_.async_wait(kAwait); }

  PodChannels& channels_;
  asio::io_context context_{1};
  asio::steady_timer wake_{context_, asio::steady_timer::time_point::max()};
  bool cancelled_ = false;  // On the thread.
  websocket::stream<Next> socket_;
  std::thread thread_;
};

// Whom to trust and who one is.
asio::ssl::context TlsOf(const ClusterAccess& access) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  if (access.insecure_skip_verify) {
    tls.set_verify_mode(asio::ssl::verify_none);
  } else {
    tls.set_verify_mode(asio::ssl::verify_peer);
    if (access.ca.empty()) {
      tls.set_default_verify_paths();
    } else {
      tls.add_certificate_authority(asio::buffer(access.ca));
    }
  }
  if (!access.client_certificate.empty()) {
    tls.use_certificate_chain(asio::buffer(access.client_certificate));
    tls.use_private_key(asio::buffer(access.client_key), asio::ssl::context::pem);
  }
  return tls;
}

std::unique_ptr<Transport> MakeTransport(const ClusterAccess& access, const Place& place,
                                         PodChannels& channels) {
  if (!place.tls) return std::make_unique<Socket<beast::tcp_stream>>(channels);
  asio::ssl::context tls = TlsOf(access);
  auto socket = std::make_unique<Socket<beast::ssl_stream<beast::tcp_stream>>>(channels, tls);
  const std::string& name = access.tls_server_name.empty() ? place.host : access.tls_server_name;
  if (!access.insecure_skip_verify)
    socket->next().set_verify_callback(asio::ssl::host_name_verification(name));
  Code not_a_name;
  asio::ip::make_address(name, not_a_name);
  if (not_a_name) SSL_set_tlsext_host_name(socket->next().native_handle(), name.c_str());
  return socket;
}

// Channels with what moves their messages.
template <typename Channels>
class Connected final : public Channels {
 public:
  template <typename... Arguments>
  explicit Connected(const ClusterAccess& access, const Place& place, Arguments&&... arguments)
      : Channels(std::forward<Arguments>(arguments)...),
        transport_(MakeTransport(access, place, *this)) {}
  ~Connected() override { transport_->Stop(); }

  Transport& transport() { return *transport_; }
  void Cancel() override { transport_->Cancel(); }

 protected:
  void Wake() override { transport_->Wake(); }

 private:
  const std::unique_ptr<Transport> transport_;
};

template <typename Channels, typename... Arguments>
absl::StatusOr<std::unique_ptr<Connected<Channels>>> OpenChannels(const ClusterAccess& access,
                                                                  const std::string& token,
                                                                  const std::string& path,
                                                                  Arguments&&... arguments) try {
  if (!access.proxy_url.empty()) {
    return absl::FailedPreconditionError(
        "neither commands nor forwarded ports go through a proxy to the cluster");
  }
  const Place place = PlaceOf(access.server);
  auto channels =
      std::make_unique<Connected<Channels>>(access, place, std::forward<Arguments>(arguments)...);
  WEFT_RETURN_IF_ERROR(channels->transport().Open(place, token, path));
  return channels;
} catch (const std::exception& e) {
  return absl::UnavailableError(absl::StrCat(kAttempted, ": ", e.what()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Command>> OpenCommand(const ClusterAccess& access,
                                                     const std::string& token,
                                                     const std::string& path,
                                                     const CommandSpec& spec) {
  return OpenChannels<CommandChannels>(access, token, path, spec);
}

absl::StatusOr<std::unique_ptr<Connection>> OpenPort(const ClusterAccess& access,
                                                     const std::string& token,
                                                     const std::string& path) {
  return OpenChannels<PortChannels>(access, token, path);
}

}  // namespace weft::kubernetes
