#include "runtime/engine/http.h"

#include <chrono>
#include <fcntl.h>
#include <limits>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"

namespace weft::engine {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;
using Code = boost::system::error_code;

constexpr size_t kPiece = 64 * 1024;

// One connection, used by one thread. Beast's deadlines belong to asynchronous operations, so each
// operation runs on a loop of the connection's own.
class Connection {
 public:
  explicit Connection(const std::string& path) : path_(path), stream_(context_) {}

  absl::Status Connect(absl::Duration deadline) {
    Deadline(deadline);
    // Local::endpoint throws on a path that is too long; DataDirectory and discovery refuse those.
    if (path_.size() > 107) return absl::InvalidArgumentError(path_ + " is too long for a socket");
    return Run("connect to the engine",
               [&](auto done) { stream_.async_connect(Local::endpoint(path_), done); });
  }

  void Deadline(absl::Duration deadline) {
    if (deadline == absl::InfiniteDuration()) {
      stream_.expires_never();
    } else {
      stream_.expires_after(absl::ToChronoNanoseconds(deadline));
    }
  }

  template <typename Message>
  absl::Status Write(Message& message) {
    return Run("send to the engine",
               [&](auto done) { http::async_write(stream_, message, Sized(done)); });
  }

  template <typename Serializer>
  absl::Status WriteHeader(Serializer& serializer) {
    return Run("send to the engine",
               [&](auto done) { http::async_write_header(stream_, serializer, Sized(done)); });
  }

  template <typename Buffers>
  absl::Status WriteBuffers(const Buffers& buffers) {
    return Run("send to the engine",
               [&](auto done) { asio::async_write(stream_, buffers, Sized(done)); });
  }

  template <typename Parser>
  absl::Status ReadHeader(Parser& parser) {
    return Run("read from the engine",
               [&](auto done) { http::async_read_header(stream_, buffer_, parser, Sized(done)); });
  }

  template <typename Parser>
  absl::Status Read(Parser& parser) {
    return Run("read from the engine",
               [&](auto done) { http::async_read(stream_, buffer_, parser, Sized(done)); });
  }

  template <typename Parser>
  absl::Status ReadSome(Parser& parser) {
    return Run("read from the engine",
               [&](auto done) { http::async_read_some(stream_, buffer_, parser, Sized(done)); });
  }

  int fd() { return stream_.socket().native_handle(); }

  // Gives the connection away, in blocking mode.
  std::unique_ptr<RawConnection> Release() {
    std::string first = beast::buffers_to_string(buffer_.data());
    stream_.socket().native_non_blocking(false);
    return std::make_unique<RawConnection>(stream_.release_socket().release(), std::move(first),
                                           "the engine");
  }

 private:
  template <typename Done>
  static auto Sized(Done done) {
    return [done](Code code, size_t) { done(code); };
  }

  template <typename Start>
  absl::Status Run(const char* what, Start start) {
    Code result = asio::error::would_block;
    start([&result](Code code) { result = code; });
    context_.restart();
    context_.run();
    if (!result || result == http::error::need_buffer) return absl::OkStatus();
    const std::string text = absl::StrCat(what, " at ", path_, ": ", result.message());
    if (result == beast::error::timeout) return absl::DeadlineExceededError(text);
    return absl::UnavailableError(text);
  }

  const std::string path_;
  asio::io_context context_{1};
  beast::basic_stream<Local> stream_;
  beast::flat_buffer buffer_;
};

template <typename Body>
http::request<Body> MakeRequest(const HttpRequest& request) {
  http::request<Body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  message.set(http::field::host, "engine");
  message.set(http::field::user_agent, "weft");
  message.set(http::field::connection, "close");
  if (!request.registry_auth.empty()) message.set("X-Registry-Auth", request.registry_auth);
  return message;
}

absl::StatusOr<HttpResponse> ReadWhole(Connection& connection) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  WEFT_RETURN_IF_ERROR(connection.Read(parser));
  return HttpResponse{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

absl::StatusOr<HttpResponse> Exchange(const std::string& path, const HttpRequest& request,
                                      absl::Duration deadline) {
  Connection connection(path);
  WEFT_RETURN_IF_ERROR(connection.Connect(deadline));
  auto message = MakeRequest<http::string_body>(request);
  if (!request.body.empty()) message.set(http::field::content_type, request.content_type);
  message.body() = request.body;
  message.prepare_payload();
  WEFT_RETURN_IF_ERROR(connection.Write(message));
  return ReadWhole(connection);
}

absl::StatusOr<HttpResponse> ExchangeUpload(const std::string& path, const HttpRequest& request,
                                            const ChunkSource& body, absl::Duration deadline) {
  Connection connection(path);
  WEFT_RETURN_IF_ERROR(connection.Connect(deadline));
  auto message = MakeRequest<http::empty_body>(request);
  message.set(http::field::content_type, request.content_type);
  message.chunked(true);
  http::request_serializer<http::empty_body> serializer(message);
  absl::Status sent = connection.WriteHeader(serializer);
  while (sent.ok()) {
    WEFT_ASSIGN_OR_RETURN(const std::string chunk, body());
    connection.Deadline(deadline);
    if (chunk.empty()) {
      sent = connection.WriteBuffers(http::make_chunk_last());
      break;
    }
    sent = connection.WriteBuffers(http::make_chunk(asio::buffer(chunk)));
  }
  // An engine that refuses the upload answers before its end and closes: the answer says why.
  connection.Deadline(deadline);
  absl::StatusOr<HttpResponse> response = ReadWhole(connection);
  if (!response.ok() && !sent.ok()) return sent;
  return response;
}

absl::StatusOr<HttpResponse> ReadStream(Connection& connection, absl::Duration silence,
                                        const std::function<void()>& opened,
                                        const ChunkSink& sink) {
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  connection.Deadline(absl::Seconds(30));
  WEFT_RETURN_IF_ERROR(connection.ReadHeader(parser));
  HttpResponse response{static_cast<int>(parser.get().result_int()), ""};
  const bool success = response.status / 100 == 2;
  if (success && opened) opened();
  std::string piece(kPiece, '\0');
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    parser.get().body().more = true;
    connection.Deadline(silence);
    WEFT_RETURN_IF_ERROR(connection.ReadSome(parser));
    const std::string_view got(piece.data(), piece.size() - parser.get().body().size);
    if (got.empty()) continue;
    if (!success) {
      response.body.append(got);
    } else if (!sink(got)) {
      break;
    }
  }
  return response;
}

}  // namespace

void StreamControl::Cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (fd_ >= 0) shutdown(fd_, SHUT_RDWR);  // The reader wakes with the end of the stream.
}

bool StreamControl::cancelled() const {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

bool StreamControl::Attach(int fd) {
  std::lock_guard lock(mutex_);
  if (fd_ >= 0) close(fd_);
  // A copy: the connection may close its own descriptor at a deadline while Cancel runs.
  fd_ = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return !cancelled_;
}

absl::StatusOr<HttpResponse> HttpClient::Send(const HttpRequest& request,
                                              absl::Duration deadline) const try {
  return Exchange(socket_path_, request, deadline);
} catch (const std::exception& e) {
  return absl::InternalError(absl::StrCat("call the engine: ", e.what()));
}

absl::StatusOr<HttpResponse> HttpClient::Upload(const HttpRequest& request, const ChunkSource& body,
                                                absl::Duration deadline) const try {
  return ExchangeUpload(socket_path_, request, body, deadline);
} catch (const std::exception& e) {
  return absl::InternalError(absl::StrCat("call the engine: ", e.what()));
}

absl::StatusOr<HttpResponse> HttpClient::Stream(const HttpRequest& request, StreamControl& control,
                                                absl::Duration silence,
                                                const std::function<void()>& opened,
                                                const ChunkSink& sink) const try {
  Connection connection(socket_path_);
  WEFT_RETURN_IF_ERROR(connection.Connect(absl::Seconds(10)));
  struct Attached {
    StreamControl& control;
    ~Attached() { control.Attach(-1); }
  } attached{control};
  if (!control.Attach(connection.fd())) return absl::CancelledError("cancelled");
  auto message = MakeRequest<http::string_body>(request);
  if (!request.body.empty()) message.set(http::field::content_type, request.content_type);
  message.body() = request.body;
  absl::StatusOr<HttpResponse> response = [&]() -> absl::StatusOr<HttpResponse> {
    message.prepare_payload();
    WEFT_RETURN_IF_ERROR(connection.Write(message));
    return ReadStream(connection, silence, opened, sink);
  }();
  if (control.cancelled()) return absl::CancelledError("cancelled");
  return response;
} catch (const std::exception& e) {
  return absl::InternalError(absl::StrCat("call the engine: ", e.what()));
}

absl::StatusOr<std::unique_ptr<RawConnection>> HttpClient::Upgrade(const HttpRequest& request,
                                                                   absl::Duration deadline,
                                                                   HttpResponse& refused) const
    try {
  Connection connection(socket_path_);
  WEFT_RETURN_IF_ERROR(connection.Connect(deadline));
  auto message = MakeRequest<http::string_body>(request);
  message.set(http::field::connection, "Upgrade");
  message.set(http::field::upgrade, "tcp");
  message.set(http::field::content_type, request.content_type);
  message.body() = request.body;
  message.prepare_payload();
  WEFT_RETURN_IF_ERROR(connection.Write(message));
  http::response_parser<http::string_body> parser;
  WEFT_RETURN_IF_ERROR(connection.ReadHeader(parser));
  if (parser.get().result() == http::status::switching_protocols) return connection.Release();
  WEFT_RETURN_IF_ERROR(connection.Read(parser));
  refused = {static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
  return nullptr;
} catch (const std::exception& e) {
  return absl::InternalError(absl::StrCat("call the engine: ", e.what()));
}

std::string UrlEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += absl::StrFormat("%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace weft::engine
