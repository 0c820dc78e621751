#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/local/pod.h"

namespace weft::local {

// The pods of every Deployment as its controller saw them last, for Services to choose from.
// Thread-safe.
class PodDirectory {
 public:
  // True: what a Service may depend on has changed.
  bool Set(const std::string& deployment_key, std::vector<Pod> pods);
  void Forget(const std::string& deployment_key);

  bool Knows(const std::string& deployment_key) const;
  // The pods of all of these objects that have any.
  bool KnowsAll(const std::vector<ObjectPtr>& objects) const;
  std::vector<Pod> InNamespace(const std::string& ns) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Pod>> pods_;  // By the Deployment's key.
};

}  // namespace weft::local
