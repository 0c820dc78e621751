#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/command.h"
#include "core/base/pending_operation.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/base/stream_limit.h"

namespace weft {

// A call that runs a command: of `Exec` in weft.core.v1 and weft.runtime.v1, whose messages are
// alike. Two threads of its own carry it, one each way, since the command's side blocks: such calls
// are few. Deletes itself.
template <typename Request, typename Response>
class CommandCall final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  using First = std::decay_t<decltype(std::declval<Request>().start())>;
  // Runs the command that the first message asks for. Blocks.
  using Run = std::function<absl::StatusOr<std::unique_ptr<Command>>(const First& first,
                                                                     const CommandSpec& spec)>;

  // `limit` outlives it.
  CommandCall(StreamLimit& limit, Run run) : limit_(limit), run_(std::move(run)) {
    taken_ = limit_.Take();
    if (!taken_) {
      left_ = 1;
      this->Finish(TooManyStreams());
    } else {
      std::thread([this] { Work(); }).detach();
    }
  }

  void OnReadDone(bool ok) override { reading_.Done(ok); }
  void OnWriteDone(bool ok) override { writing_.Done(ok); }
  void OnCancel() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (command_ != nullptr) command_->Cancel();
  }
  void OnDone() override {
    if (taken_) limit_.Return();
    Leave();
  }

 private:
  using Input = std::decay_t<decltype(std::declval<Request>().input())>;

  void Work() {
    std::unique_ptr<Command> command;
    std::thread input;
    const absl::Status status = Carry(command, input);
    StopReading();
    this->Finish(ToGrpc(status));  // With it ends a read that is under way,
    if (command != nullptr) {
      std::lock_guard lock(mutex_);
      command_ = nullptr;
      command->Cancel();  // and with this a write.
    }
    if (input.joinable()) input.join();
    Leave();
  }

  // Runs `command`, with `input` to pass on what comes for it, until it has ended.
  absl::Status Carry(std::unique_ptr<Command>& command, std::thread& input) {
    Request first;
    if (!Read(first) || !first.has_start() || first.start().command().words().empty())
      return absl::InvalidArgumentError("the first message is to say what to run, and where");
    const auto& asked = first.start().command();
    WEFT_ASSIGN_OR_RETURN(
        command, run_(first.start(),
                      {{asked.words().begin(), asked.words().end()}, asked.stdin(), asked.tty()}));
    {
      std::lock_guard lock(mutex_);
      command_ = command.get();
      if (cancelled_) command->Cancel();
    }
    if (asked.tty() && asked.size().columns() > 0)
      command->Resize(asked.size().columns(), asked.size().rows()).IgnoreError();
    input = std::thread(
        [this, &running = *command, has_input = asked.stdin()] { PassInput(running, has_input); });
    return PassOutput(*command);
  }

  // Until the client has no more to say. `open`: there is input to close, once.
  void PassInput(Command& command, bool open) {
    for (Request request; Read(request);) {
      const Input& input = request.input();
      switch (input.what_case()) {
        case Input::kStdin:
          if (!command.Write(input.stdin()).ok()) return;
          break;
        case Input::kStdinClosed:
          if (std::exchange(open, false)) command.CloseInput();
          break;
        case Input::kSize:
          // One that has just ended has no terminal any more.
          command.Resize(input.size().columns(), input.size().rows()).IgnoreError();
          break;
        case Input::WHAT_NOT_SET:
          break;
      }
    }
    if (open) command.CloseInput();
  }

  absl::Status PassOutput(Command& command) {
    while (true) {
      WEFT_ASSIGN_OR_RETURN(std::optional<Command::Output> output, command.Read());
      if (!output.has_value()) break;
      Response response;
      auto& out = *response.mutable_output();
      (output->error ? *out.mutable_stderr() : *out.mutable_stdout()) = std::move(output->bytes);
      if (!Write(response)) return absl::CancelledError("the client is gone");
    }
    {
      std::lock_guard lock(mutex_);
      if (cancelled_) return absl::CancelledError("the client is gone");
    }
    WEFT_ASSIGN_OR_RETURN(const int64_t exit_code, command.ExitCode());
    Response last;
    last.mutable_output()->set_exit_code(static_cast<int32_t>(exit_code));
    return Write(last) ? absl::OkStatus() : absl::CancelledError("the client is gone");
  }

  // Blocks for the client's next message. False: there is none, or the call ends.
  bool Read(Request& request) {
    {
      std::lock_guard lock(mutex_);
      if (no_more_reads_) return false;
      starting_ = true;
    }
    reading_.Begin();
    // Not with the lock: it may be done at once, on this thread.
    this->StartRead(&request);
    {
      std::lock_guard lock(mutex_);
      starting_ = false;
      started_.notify_all();
    }
    return reading_.Await();
  }

  bool Write(const Response& response) {
    writing_.Begin();
    this->StartWrite(&response);
    return writing_.Await();
  }

  // No read begins after this: none may after Finish. One that is under way ends with the call.
  void StopReading() {
    std::unique_lock lock(mutex_);
    no_more_reads_ = true;
    started_.wait(lock, [&] { return !starting_; });
  }

  // The call and the thread leave; the last deletes.
  void Leave() {
    if (--left_ == 0) delete this;
  }

  StreamLimit& limit_;
  const Run run_;
  bool taken_ = false;
  std::atomic<int> left_ = 2;
  PendingOperation reading_, writing_;
  std::mutex mutex_;
  std::condition_variable started_;
  bool starting_ = false, no_more_reads_ = false, cancelled_ = false;
  Command* command_ = nullptr;  // While it runs.
};

}  // namespace weft
