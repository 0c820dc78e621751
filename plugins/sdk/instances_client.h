#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "plugins/sdk/instances.h"
#include "weft/core/v1/instances.grpc.pb.h"

namespace weft::sdk {

// The core's Instances service for one type: keeps a watch alive for as long as it runs, tells a
// Life what comes of it, and sends actions within the epoch that the core grants.
//
// A watch that ends is begun again after a delay that doubles from 100 ms to 5 s, with jitter;
// while the core cannot be reached gRPC's channel does the waiting. An instance that a new
// connection does not tell of again is told to the Life as gone, before Synced.
//
// Thread-safe.
class InstancesClient final : public Instances {
 public:
  // How long things take; tests shorten it.
  struct Timing {
    absl::Duration heartbeat = absl::Seconds(3);
    absl::Duration first_delay = absl::Milliseconds(100);
    absl::Duration longest_delay = absl::Seconds(5);
    absl::Duration act = absl::Seconds(5);  // The deadline of one call.
  };

  // `type`: canonical.
  InstancesClient(const std::shared_ptr<grpc::Channel>& channel, std::string type,
                  const Timing& timing);
  InstancesClient(const std::shared_ptr<grpc::Channel>& channel, std::string type)
      : InstancesClient(channel, std::move(type), Timing()) {}
  ~InstancesClient() override;

  // Begins to watch. `life` is called from a thread of this object until Stop returns. Once.
  void Start(Life& life);

  // Waits for the actions and reports under way, then ends the watch and so gives up the epoch:
  // `life` has been told that it may not act. What comes later is not sent. Idempotent; not from a
  // function of `life`.
  void Stop();

  using Done = std::function<void(absl::StatusOr<std::vector<ActOutcome>>)>;
  void Act(std::vector<Action> actions, Done done) override;
  void Report(InstanceReport report, std::function<void(absl::Status)> done) override;

 private:
  using Stream = grpc::ClientReaderWriterInterface<core::v1::WatchInstancesRequest,
                                                   core::v1::WatchInstancesResponse>;
  struct Call;

  void Run();
  grpc::Status Watch();
  void Beat(Stream& stream);
  void Take(const core::v1::WatchInstancesResponse& message);
  void TakeChanged(const core::v1::LiveInstance& instance);
  void TakeSynced();
  void SetEpoch(uint64_t epoch);
  void Answered(Call& call, const grpc::Status& status);
  void Ended();
  bool Wait(absl::Duration delay);

  const std::string type_;
  const Timing timing_;
  const std::unique_ptr<core::v1::Instances::StubInterface> stub_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                 // No action is sent any more.
  bool ending_ = false;                   // And none is under way: the watch ends.
  uint64_t epoch_ = 0;                    // 0: none is held.
  uint64_t sequence_ = 0;                 // Of the last action within the epoch.
  int under_way_ = 0;                     // Calls of Act and Report.
  grpc::ClientContext* watch_ = nullptr;  // Of the watch under way.

  // Of the watching thread only.
  Life* life_ = nullptr;
  uint64_t connection_ = 0;
  bool synced_ = false;                              // In this connection.
  uint64_t granted_ = 0;                             // By this connection; held from Synced on.
  absl::flat_hash_map<std::string, uint64_t> told_;  // Key of a live instance: its last connection.
  std::mt19937 random_{std::random_device{}()};
  std::thread thread_;
};

}  // namespace weft::sdk
