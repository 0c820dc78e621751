#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/service.h"
#include "core/scheduler/runtimes.h"

namespace weft::api {

// A call of a runtime with a stream each way, of which one thread reads while another one sends.
template <typename Request, typename Response>
class RemoteStream {
 public:
  using Stub = runtime::v1::Runtime::StubInterface;
  using Stream = grpc::ClientReaderWriterInterface<Request, Response>;

  // Why it cannot be opened, if so, End says.
  RemoteStream(std::shared_ptr<scheduler::RuntimeConnection> runtime,
               std::unique_ptr<Stream> (Stub::*method)(grpc::ClientContext*), const Request& first)
      : runtime_(std::move(runtime)), stream_(((*runtime_->stub).*method)(&context_)) {
    stream_->Write(first);
  }

  // Blocks. False: nothing comes any more, and End is to be called.
  bool Read(Response& response) { return stream_->Read(&response); }

  // How it ended. UNIMPLEMENTED: the runtime `does_not`.
  absl::Status End(absl::string_view does_not) {
    std::lock_guard lock(send_mutex_);
    ended_ = true;
    const absl::Status status = FromGrpc(stream_->Finish());
    if (!absl::IsUnimplemented(status) || !status.message().empty()) return status;
    return absl::UnimplementedError(
        absl::StrCat("the runtime ", runtime_->config.name, " ", does_not));
  }

  // UNAVAILABLE: nobody takes it any more.
  absl::Status Send(const Request& request) {
    std::lock_guard lock(send_mutex_);
    if (ended_ || !stream_->Write(request)) return absl::UnavailableError("it has ended");
    return absl::OkStatus();
  }
  // Nothing is sent after it.
  void CloseSending() {
    std::lock_guard lock(send_mutex_);
    if (!ended_) stream_->WritesDone();
  }

  // From any thread: Read and Send return.
  void Cancel() { context_.TryCancel(); }

 private:
  const std::shared_ptr<scheduler::RuntimeConnection> runtime_;
  grpc::ClientContext context_;
  const std::unique_ptr<Stream> stream_;
  std::mutex send_mutex_;  // Nothing is sent after Finish.
  bool ended_ = false;
};

}  // namespace weft::api
