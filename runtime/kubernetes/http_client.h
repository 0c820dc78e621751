#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/kubernetes/cluster_access.h"
#include "runtime/kubernetes/http.h"

namespace weft::kubernetes {

// HTTP/1.1 on kept connections, one for each exchange that is under way; docs/adr/0010 says why not
// HTTP/2. One thread of its own moves the bytes of all of them. Thread-safe.
class HttpClient final : public ApiServer {
 public:
  // FAILED_PRECONDITION: libcurl cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Make(ClusterAccess access,
                                                          std::string user_agent);
  // Cuts what is under way. No stream is left by then.
  ~HttpClient() override;

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override;

  const ClusterAccess& access() const { return access_; }
  // The bearer token to send now; empty: none. May read its file.
  std::string Token();

  // Both are called on the client's thread and must not block.
  struct Sink {
    // A piece of a successful answer. False: hold it back, it comes again after Resume.
    std::function<bool(std::string_view bytes)> on_data;
    // The end, once: the answer (with its body if it is no success), or UNAVAILABLE.
    std::function<void(absl::StatusOr<HttpResponse> response)> on_end;
  };
  class Transfer;
  // An answer that is read as it comes.
  class Stream {
   public:
    // Cuts it. No callback comes any more when this returns. Not on the client's thread.
    ~Stream();
    // Lets held back bytes come again.
    void Resume();

   private:
    friend class HttpClient;
    Stream(HttpClient& client, std::shared_ptr<Transfer> transfer);
    HttpClient& client_;
    const std::shared_ptr<Transfer> transfer_;
  };
  std::unique_ptr<Stream> Open(const HttpRequest& request, Sink sink);

 private:
  HttpClient(ClusterAccess access, std::string user_agent);

  std::shared_ptr<Transfer> Begin(const HttpRequest& request, Sink sink);
  // Has `task` done by the client's thread.
  void Post(std::function<void()> task);
  void Run();
  void RunTasks();
  void TakeFinished();
  // Does nothing when it has ended already.
  void End(Transfer* transfer, absl::StatusOr<HttpResponse> response);

  const ClusterAccess access_;
  const std::string user_agent_;
  std::string url_;         // Of the server, as the transfers name it.
  std::string connect_to_;  // libcurl's CURLOPT_CONNECT_TO; empty: where url_ says.

  void* multi_ = nullptr;  // CURLM.
  // Only on the client's thread: what is under way, and whether to stop.
  std::map<Transfer*, std::shared_ptr<Transfer>> transfers_;
  bool stopping_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  std::string token_;
  absl::Time token_read_ = absl::InfinitePast();
  std::thread thread_;  // Last: it uses the rest.
};

}  // namespace weft::kubernetes
