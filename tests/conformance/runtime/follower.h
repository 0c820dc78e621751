#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::conformance {

using Projections = std::map<std::string, runtime::v1::Projection>;  // "KIND/NAMESPACE/NAME".
std::string KeyOf(const common::v1::ObjectRef& ref);

// What a runtime's watch has told so far. Thread-safe.
class Follower {
 public:
  // `runtime` outlives it.
  explicit Follower(runtime::v1::Runtime::StubInterface& runtime);
  ~Follower();

  Projections Now();
  std::optional<runtime::v1::Projection> Find(const std::string& key);
  // Waits for a change after those that `seen` counts, or until `end`; counts it. Begins with 0.
  void Await(uint64_t& seen, absl::Time end);

 private:
  void Run();

  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderInterface<runtime::v1::WatchResponse>> reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Projections now_;
  uint64_t changes_ = 0;
  std::thread thread_;
};

}  // namespace weft::conformance
