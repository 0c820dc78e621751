#include "runtime/base/watch_streams.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::runtime {
namespace {

class WatchService final : public v1::Runtime::CallbackService {
 public:
  explicit WatchService(Board& board) : streams_(board) {}

  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext*,
                                                     const v1::WatchRequest*) override {
    return streams_.Open();
  }

 private:
  WatchStreams streams_;
};

// Puts new projections on a board until it is destroyed.
class BusyBoard {
 public:
  ~BusyBoard() {
    ended_ = true;
    thread_.join();
  }
  Board& board() { return board_; }

 private:
  Board board_;
  std::atomic<bool> ended_ = false;
  std::thread thread_{[this] {
    for (uint64_t generation = 1; !ended_; ++generation) {
      Projection projection;
      projection.ref = {"v1", "Pod", "default", std::to_string(generation % 8)};
      projection.generation = generation;
      board_.Put(std::move(projection));
      std::this_thread::yield();
    }
  }};
};

TEST(WatchStreamsTest, AWatcherMayGoAtAnyMoment) {
  constexpr int kWatchers = 4;
  constexpr int kWatches = 500;
  BusyBoard busy;
  WatchService service(busy.board());
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const std::unique_ptr<v1::Runtime::Stub> stub =
      v1::Runtime::NewStub(server->InProcessChannel({}));
  const auto watch = [&](int reads) {
    grpc::ClientContext context;
    const auto reader = stub->Watch(&context, {});
    v1::WatchResponse response;
    for (int i = 0; i < reads; ++i) ASSERT_TRUE(reader->Read(&response));
    context.TryCancel();
    while (reader->Read(&response)) continue;
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  };
  std::vector<std::thread> watchers;
  watchers.reserve(kWatchers);
  for (int i = 0; i < kWatchers; ++i) {
    watchers.emplace_back([&] {
      for (int j = 0; j < kWatches; ++j) watch(j % 16);
    });
  }
  for (std::thread& watcher : watchers) watcher.join();
  server->Shutdown();
}

}  // namespace
}  // namespace weft::runtime
