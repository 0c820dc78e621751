#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/kubernetes/http_client.h"

namespace weft::kubernetes {

// The bytes of a streamed answer for a reader that blocks. Holds at most about 256 KiB: what the
// reader does not fetch, the API server is not asked for. Thread-safe.
class ByteStream {
 public:
  // `client` outlives it.
  ByteStream(HttpClient& client, const HttpRequest& request);

  // Blocks for the next bytes, in order, never none. Nothing: the end. Errors are the answer's, as
  // ToStatus says with `attempted`; CANCELLED after Cancel.
  absl::StatusOr<std::optional<std::string>> Read(absl::string_view attempted);

  // Ends the reader's waiting.
  void Cancel();

 private:
  bool TakeBytes(std::string_view bytes);
  void TakeEnd(absl::StatusOr<HttpResponse> response);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string buffer_;
  bool held_back_ = false;
  bool cancelled_ = false;
  std::optional<absl::StatusOr<HttpResponse>> end_;
  std::unique_ptr<HttpClient::Stream> stream_;  // Last: its callbacks use the rest.
};

}  // namespace weft::kubernetes
