#include "runtime/base/calls.h"

#include <gtest/gtest.h>
#include <memory>

#include "absl/synchronization/notification.h"
#include "core/base/command_call.h"
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

// One that runs until it is cancelled.
class EndlessCommand final : public Command {
 public:
  EndlessCommand(absl::Notification& runs, absl::Notification& gone) : gone_(gone) {
    runs.Notify();
  }
  ~EndlessCommand() override { gone_.Notify(); }
  absl::StatusOr<std::optional<Output>> Read() override {
    cancelled_.WaitForNotification();
    return std::nullopt;
  }
  absl::StatusOr<int64_t> ExitCode() override {
    ADD_FAILURE() << "nobody wants to know any more";
    return 0;
  }
  absl::Status Write(std::string_view) override { return absl::OkStatus(); }
  void CloseInput() override {}
  absl::Status Resize(uint32_t, uint32_t) override { return absl::OkStatus(); }
  void Cancel() override {
    if (!cancelled_.HasBeenNotified()) cancelled_.Notify();
  }

 private:
  absl::Notification& gone_;
  absl::Notification cancelled_;
};

// Of one command at a time.
class CommandService final : public v1::Runtime::CallbackService {
 public:
  grpc::ServerBidiReactor<v1::ExecRequest, v1::ExecResponse>* Exec(
      grpc::CallbackServerContext*) override {
    return new CommandCall<v1::ExecRequest, v1::ExecResponse>(
        limit, [this](const v1::ExecRequest::Start&, const CommandSpec&) {
          return std::make_unique<EndlessCommand>(runs, gone);
        });
  }
  StreamLimit limit{1};
  absl::Notification runs, gone;
};

TEST(CommandCallTest, EndsItsCommandWhenTheCallerGoesAndMakesRoom) {
  CommandService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  const auto stub = v1::Runtime::NewStub(server->InProcessChannel({}));
  v1::ExecRequest request;
  request.mutable_start()->mutable_command()->add_words("sh");
  request.mutable_start()->mutable_command()->set_stdin(true);

  grpc::ClientContext context;
  const auto call = stub->Exec(&context);
  ASSERT_TRUE(call->Write(request));
  service.runs.WaitForNotification();
  grpc::ClientContext second;
  EXPECT_EQ(stub->Exec(&second)->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_FALSE(service.gone.HasBeenNotified());

  context.TryCancel();
  service.gone.WaitForNotification();
  EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server->Shutdown();
  EXPECT_TRUE(service.limit.Take());
}

}  // namespace
}  // namespace weft::runtime
