#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/json.h"
#include "runtime/kubernetes/http_client.h"

namespace weft::bench {

// A cluster's API server, over the connections that the runtime has, without anything of Weft in
// between. Thread-safe.
class BareClient {
 public:
  // `kubeconfig`: a path. Errors as ReadKubeconfig.
  static absl::StatusOr<std::unique_ptr<BareClient>> Open(const std::string& kubeconfig);

  // One server-side apply of the object at `path`. Blocks. UNAVAILABLE and what ReadObject says.
  absl::Status Apply(const std::string& path, const std::string& json);
  // How many objects the collection at `path` has. Errors as Apply.
  absl::StatusOr<int64_t> Count(const std::string& path);

  // Calls `on_object` with every object of the collection at `path`, as it is now and as often as
  // it changes, on the client's thread, until the stream goes.
  std::unique_ptr<kubernetes::HttpClient::Stream> Watch(
      const std::string& path, std::function<void(const json::value& object)> on_object);

 private:
  explicit BareClient(std::unique_ptr<kubernetes::HttpClient> http) : http_(std::move(http)) {}
  const std::unique_ptr<kubernetes::HttpClient> http_;
};

}  // namespace weft::bench
