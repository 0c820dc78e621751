#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "runtime/kubernetes/discovery.h"
#include "runtime/kubernetes/http_client.h"
#include "runtime/kubernetes/line_splitter.h"
#include "runtime/kubernetes/observations.h"

namespace weft::kubernetes {

// Keeps what is known of one kind up to date: a list in pages, then a watch that goes on where the
// list, or the watch before, ended. A watch that the API server can no longer begin there (410)
// begins with a list again.
// Source: Kubernetes API concepts, "Efficient detection of changes".
class KindWatch {
 public:
  // `client`, `server` (which sends again) and `observations` outlive it. `selector`: of labels.
  // `on_end` is called on the client's thread whenever a watch has ended: call Begin again.
  KindWatch(HttpClient& client, ApiServer& server, Observations& observations, Resource resource,
            std::string selector, std::function<void(absl::Status)> on_end);
  // Cuts the watch.
  ~KindWatch();

  // Lists if that is needed, then starts to watch. Blocks for the list. One call at a time.
  // UNAVAILABLE and others: begin again later.
  absl::Status Begin();

 private:
  absl::Status List();
  absl::Status ListPage(std::string& token, std::set<std::string>& keys, std::string& version);
  void TakeLine(std::string_view line);
  void TakeEvent(const std::string& type, const json::value& object);
  std::string Version() const;
  void SetVersion(const std::string& version);

  HttpClient& client_;
  ApiServer& server_;
  Observations& observations_;
  const Resource resource_;
  const std::string selector_;
  const std::function<void(absl::Status)> on_end_;
  LineSplitter lines_;  // Of the watch under way.
  mutable std::mutex mutex_;
  std::string version_;                         // Where to go on; empty: with a list.
  std::unique_ptr<HttpClient::Stream> stream_;  // Last: its callbacks use the rest.
};

}  // namespace weft::kubernetes
