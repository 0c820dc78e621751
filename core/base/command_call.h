#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/command.h"
#include "core/base/two_way_call.h"

namespace weft {

// A call that runs a command: of `Exec` in weft.core.v1 and weft.runtime.v1, whose messages are
// alike.
template <typename Request, typename Response>
class CommandCall final : public TwoWayCall<Request, Response, Command> {
 public:
  using First = std::decay_t<decltype(std::declval<Request>().start())>;
  // Runs the command that the first message asks for. Blocks.
  using Run = std::function<absl::StatusOr<std::unique_ptr<Command>>(const First& first,
                                                                     const CommandSpec& spec)>;

  // `limit` outlives it.
  CommandCall(StreamLimit& limit, Run run)
      : TwoWayCall<Request, Response, Command>(limit), run_(std::move(run)) {
    this->Begin();
  }

 private:
  using Input = std::decay_t<decltype(std::declval<Request>().input())>;

  absl::StatusOr<std::unique_ptr<Command>> Open(const Request& first) override {
    if (!first.has_start() || first.start().command().words().empty())
      return absl::InvalidArgumentError("the first message is to say what to run, and where");
    const auto& asked = first.start().command();
    WEFT_ASSIGN_OR_RETURN(
        auto command,
        run_(first.start(),
             {{asked.words().begin(), asked.words().end()}, asked.stdin(), asked.tty()}));
    if (asked.tty() && asked.size().columns() > 0)
      command->Resize(asked.size().columns(), asked.size().rows()).IgnoreError();
    has_input_ = asked.stdin();
    return command;
  }

  void PassInput(Command& command) override {
    bool open = has_input_;  // To be closed, once.
    for (Request request; this->Read(request);) {
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

  absl::Status PassOutput(Command& command) override {
    while (true) {
      WEFT_ASSIGN_OR_RETURN(std::optional<Command::Output> output, command.Read());
      if (!output.has_value()) break;
      Response response;
      auto& out = *response.mutable_output();
      (output->error ? *out.mutable_stderr() : *out.mutable_stdout()) = std::move(output->bytes);
      WEFT_RETURN_IF_ERROR(this->Write(response));
    }
    WEFT_RETURN_IF_ERROR(this->CheckClient());
    WEFT_ASSIGN_OR_RETURN(const int64_t exit_code, command.ExitCode());
    Response last;
    last.mutable_output()->set_exit_code(static_cast<int32_t>(exit_code));
    return this->Write(last);
  }

  const Run run_;
  bool has_input_ = false;  // Known once it is open.
};

}  // namespace weft
