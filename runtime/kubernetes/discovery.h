#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/kubernetes/http.h"

namespace weft::kubernetes {

// Where the API server has the objects of one kind.
struct Resource {
  std::string api_version;  // "apps/v1"
  std::string kind;         // "Deployment"
  std::string plural;       // "deployments"
  bool namespaced = true;

  // All of a namespace; without one, or where the kind has none, all there are.
  std::string CollectionPath(const std::string& ns = "") const;
  std::string ObjectPath(const std::string& ns, const std::string& name) const;
};

// Which kinds the API server has. Each version of a group is read when it is asked for first, and
// again, at most every 10 s, when it lacks what is asked for. Thread-safe; blocks for the server.
class Discovery {
 public:
  // `server` outlives it. `now` may be empty: the machine's clock.
  explicit Discovery(ApiServer& server, std::function<absl::Time()> now = absl::Now)
      : server_(server), now_(std::move(now)) {}

  // NOT_FOUND: the server has no such kind. UNAVAILABLE; PERMISSION_DENIED.
  absl::StatusOr<Resource> Find(const std::string& api_version, const std::string& kind);

 private:
  struct GroupVersion {
    std::map<std::string, Resource> by_kind;
    absl::Time read;
  };
  absl::StatusOr<GroupVersion> Read(const std::string& api_version);

  ApiServer& server_;
  const std::function<absl::Time()> now_;
  std::mutex mutex_;
  std::map<std::string, GroupVersion> known_;  // By apiVersion.
};

}  // namespace weft::kubernetes
