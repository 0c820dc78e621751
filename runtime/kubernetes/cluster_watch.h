#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/keyed_queue.h"
#include "runtime/kubernetes/discovery.h"
#include "runtime/kubernetes/http_client.h"
#include "runtime/kubernetes/kind_watch.h"
#include "runtime/kubernetes/kinds_file.h"
#include "runtime/kubernetes/observations.h"

namespace weft::kubernetes {

// Watches every kind of which there may be objects of this installation. Thread-safe.
class ClusterWatch {
 public:
  struct Options {
    std::string installation;
    std::string kinds_file;  // Remembers what Learn was told.
  };
  // All outlive it.
  ClusterWatch(HttpClient& client, ApiServer& server, Discovery& discovery,
               Observations& observations, Options options);
  ~ClusterWatch();

  // Begins with the kinds that Weft renders, pods, and those of the file. Errors of the file.
  absl::Status Start();

  // There are, or are about to be, objects of this kind. Returns when that is durable.
  absl::Status Learn(const KindName& name);

 private:
  struct Watched {
    KindName name;
    std::unique_ptr<KindWatch> watch;  // Null until the API server was asked where the kind is.
    std::atomic<KeyedQueue::Clock::time_point> begun{};
    std::atomic<int> failures{0};  // In a row.
  };
  void Add(const KindName& name);
  KeyedQueue::Clock::duration Work(const std::string& key);
  KeyedQueue::Clock::duration BackOff(Watched& watched);
  void Ended(const std::string& key, Watched& watched, const absl::Status& status);

  HttpClient& client_;
  ApiServer& server_;
  Discovery& discovery_;
  Observations& observations_;
  const Options options_;
  std::mutex mutex_;
  std::vector<KindName> learnt_;
  std::map<std::string, std::unique_ptr<Watched>> watched_;  // By "APIVERSION KIND"; only grows.
  KeyedQueue queue_;  // Of watches that are to begin. Last: its threads use the rest.
};

}  // namespace weft::kubernetes
