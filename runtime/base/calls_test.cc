#include "runtime/base/calls.h"

#include <gtest/gtest.h>
#include <memory>

#include "absl/synchronization/notification.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::runtime {
namespace {

// Counts what it is asked to delete; can be told of the next call when it is in.
class CountingService final : public v1::Runtime::CallbackService {
 public:
  explicit CountingService(WorkerPool& pool) : pool_(pool) {}

  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context, const v1::DeleteRequest*,
                                   v1::DeleteResponse*) override {
    grpc::ServerUnaryReactor* reactor = RunOn(pool_, context, [this] {
      ++deleted_;
      return absl::OkStatus();
    });
    context_ = context;
    return reactor;
  }

  // The context of the last call. Only while it is not answered.
  grpc::CallbackServerContext* context() const { return context_; }
  int deleted() const { return deleted_; }

 private:
  WorkerPool& pool_;
  std::atomic<grpc::CallbackServerContext*> context_ = nullptr;
  std::atomic<int> deleted_ = 0;
};

class RunOnTest : public testing::Test {
 protected:
  RunOnTest() : service_(pool_) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::Runtime::NewStub(server_->InProcessChannel({}));
  }
  ~RunOnTest() override { server_->Shutdown(); }

  // Keeps the only thread of the pool busy.
  void Hold() {
    ASSERT_TRUE(pool_.TryRun([this] {
      held_.Notify();
      go_on_.WaitForNotification();
    }));
    held_.WaitForNotification();
  }

  absl::Notification held_, go_on_;
  WorkerPool pool_{1, 1};
  CountingService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Runtime::Stub> stub_;
};

TEST_F(RunOnTest, WhatACallerThatIsGoneWaitedForIsNotDone) {
  Hold();
  grpc::ClientContext gone;
  std::thread caller([&] {
    v1::DeleteResponse response;
    EXPECT_EQ(stub_->Delete(&gone, {}, &response).error_code(), grpc::StatusCode::CANCELLED);
  });
  while (service_.context() == nullptr) std::this_thread::yield();
  gone.TryCancel();
  while (!service_.context()->IsCancelled()) std::this_thread::yield();
  go_on_.Notify();
  caller.join();
  // Its place is free again as soon as the pool comes to it, and one who waits is answered.
  grpc::Status status;
  do {
    grpc::ClientContext context;
    v1::DeleteResponse response;
    status = stub_->Delete(&context, {}, &response);
  } while (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(service_.deleted(), 1);
}

TEST_F(RunOnTest, RefusesWhatIsMoreThanMayWait) {
  Hold();
  ASSERT_TRUE(pool_.TryRun([] {}));
  grpc::ClientContext context;
  v1::DeleteResponse response;
  EXPECT_EQ(stub_->Delete(&context, {}, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  go_on_.Notify();
  EXPECT_EQ(service_.deleted(), 0);
}

}  // namespace
}  // namespace weft::runtime
