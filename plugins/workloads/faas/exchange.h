#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "plugins/workloads/faas/connection_pool.h"
#include "plugins/workloads/faas/functions.h"
#include "plugins/workloads/faas/http.h"

namespace weft::faas {

// One request passed on to a function and its answer passed back, both as they come. What comes of
// a try that failed:
//   nobody took the connection: the request was not begun, and is tried again until Limits::hold
//   it broke before the first byte of an answer: another replica is tried, at most 3 times, if the
//       request may be sent twice and no more than 64 KiB of its body was read; else 502
//   it broke later: the client's connection is cut, which says that the answer is incomplete
//   silence for 5 minutes: 504
// Everything happens on the executor of the coroutine that runs it.
class Exchange {
 public:
  // `request` has read the header of a request from `client`, through `buffer`. All must outlive
  // this.
  Exchange(ClientStream& client, beast::flat_buffer& buffer, RequestParser& request,
           ConnectionPool& pool, Visit visit, std::string path)
      : client_(client),
        buffer_(buffer),
        request_(request),
        pool_(pool),
        visit_(std::move(visit)),
        path_(std::move(path)) {}

  // True: the client's connection can take another request.
  asio::awaitable<bool> Run();

 private:
  enum class Outcome {
    kDone,
    kCut,      // The client has a part of an answer, or is gone.
    kRefused,  // Nothing was sent.
    kBroken,   // No byte of an answer came.
    kBad,      // What came is no answer.
    kSilent,
  };
  using Serializer = http::request_serializer<http::buffer_body>;

  asio::awaitable<absl::StatusOr<Endpoint>> Find(std::string avoid);
  asio::awaitable<Outcome> Try(Endpoint endpoint);
  asio::awaitable<Outcome> Pass(Connection& connection);
  asio::awaitable<bool> Continue();
  asio::awaitable<void> Send(Connection& to, RequestHeader& header);
  asio::awaitable<bool> Write(Connection& to, Serializer& serializer);
  asio::awaitable<Outcome> Receive(Connection& from);
  asio::awaitable<Outcome> Relay(Connection& from, ResponseParser& response);
  RequestHeader MakeHeader(const std::string& host) const;
  void Retain(std::string_view piece);
  bool MayRepeat() const;

  ClientStream& client_;
  beast::flat_buffer& buffer_;
  RequestParser& request_;
  ConnectionPool& pool_;
  const Visit visit_;
  const std::string path_;

  std::string body_;        // As far as it was read, while it is retained.
  bool retained_ = true;    // `body_` is all that was read.
  bool continued_ = false;  // The client was told to send its body.
  bool sent_ = false;       // The whole request, in this try.
  bool client_gone_ = false;
  bool reusable_ = false;    // The connection to the function, after its answer.
  bool keep_alive_ = false;  // The client was told that its connection stays open.
};

}  // namespace weft::faas
