#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/command.h"
#include "core/base/connection.h"
#include "core/base/worker_pool.h"
#include "runtime/base/board.h"
#include "runtime/base/pod_usage.h"
#include "runtime/kubernetes/applier.h"
#include "runtime/kubernetes/byte_stream.h"
#include "runtime/kubernetes/cluster_watch.h"
#include "runtime/kubernetes/discovery.h"
#include "runtime/kubernetes/http_client.h"
#include "runtime/kubernetes/observations.h"
#include "runtime/kubernetes/retry.h"

namespace weft::kubernetes {

// The Kubernetes runtime without its transport. It keeps nothing but the names of kinds: what was
// accepted stands in the cluster. Thread-safe; its calls block for the API server.
class KubernetesRuntime {
 public:
  struct Options {
    ClusterAccess access;
    std::string installation;
    std::string kinds_file;
    std::string version;  // Of this program, for the API server's logs.
  };
  // The API server need not answer yet. Nothing is done before Start.
  static absl::StatusOr<std::unique_ptr<KubernetesRuntime>> Open(Options options);
  ~KubernetesRuntime();

  absl::Status Start();
  // Waits for nothing more: what is tried again at the moment fails at once.
  void Stop();

  // One result for each object, in order. UNAVAILABLE: the API server answered for none.
  absl::StatusOr<std::vector<ApplyResult>> Apply(const std::vector<AppliedObject>& objects,
                                                 bool dry_run);
  // Fails with the first failure, having tried all.
  absl::Status Delete(const std::vector<ObjectRef>& refs);

  struct LogSelection {
    std::string ns;
    std::string pod;
    bool follow = false;
    int64_t tail_lines = 0;      // 0: all.
    std::string container = {};  // Empty: the first one.
    bool previous = false;       // Of the run before the last one.
  };
  // The output of a container of a pod of this installation. NOT_FOUND; UNAVAILABLE.
  absl::StatusOr<std::unique_ptr<ByteStream>> OpenLogs(const LogSelection& selection);

  struct CommandPlace {
    std::string ns;
    std::string pod;
    std::string container;  // Empty: the first one.
  };
  // Runs a command in a container of a pod of this installation. NOT_FOUND; FAILED_PRECONDITION: it
  // does not run; else as OpenCommand.
  absl::StatusOr<std::unique_ptr<Command>> StartCommand(const CommandPlace& place,
                                                        const CommandSpec& spec);

  // A connection to a port of a pod of this installation. NOT_FOUND; FAILED_PRECONDITION: it does
  // not run; else as OpenPort.
  absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& ns, const std::string& pod,
                                                      uint32_t port);

  // What pods of this installation use: as MeasureNode. Those that are not there, or do not run,
  // are left out.
  absl::StatusOr<std::vector<runtime::PodUsage>> Usage(const std::vector<ObjectRef>& pods);

  // "v1.34.4", as the API server answered last; empty: it never did.
  std::string PlatformVersion();

  runtime::Board& board() { return board_; }

 private:
  explicit KubernetesRuntime(Options options);
  void Begin();
  struct FoundPod {
    std::string path;
    json::value object;
  };
  // One of this installation. NOT_FOUND.
  absl::StatusOr<FoundPod> FindPod(const std::string& ns, const std::string& pod);
  struct FoundContainer {
    std::string pod_path;
    std::string name;
    bool running = false;
  };
  // That which `container` means; empty: the first one. NOT_FOUND.
  absl::StatusOr<FoundContainer> FindContainer(const std::string& ns, const std::string& pod,
                                               const std::string& container);
  void Applied(const Resource& resource, const json::value& object);
  // Runs `work` for 0 to `count` - 1 on the connections, and waits for all.
  void ForEach(size_t count, const std::function<void(size_t)>& work);

  const Options options_;
  runtime::Board board_;
  Observations observations_{board_};
  absl::Notification stopping_;
  std::mutex mutex_;
  std::string platform_version_;
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<RetryingServer> server_;
  std::unique_ptr<Discovery> discovery_;
  std::unique_ptr<ClusterWatch> watch_;
  std::unique_ptr<Applier> applier_;
  std::unique_ptr<WorkerPool> connections_;  // Last: its threads use the rest.
};

}  // namespace weft::kubernetes
