// weft exec: a command in a container of an application, with this process's streams.
#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

using core::v1::ExecRequest;
using core::v1::ExecResponse;
using Stream = grpc::ClientReaderWriter<ExecRequest, ExecResponse>;

struct Options {
  std::string application, instance, pod, container;
  bool stdin = false, tty = false;
  std::vector<std::string> words;
};

constexpr size_t kPiece = 32 * 1024;

// While it lives every key goes to the command, also those that mean something to a terminal, and
// nothing is echoed here. Of standard input.
class RawTerminal {
 public:
  RawTerminal() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    cfmakeraw(&raw);
    is_raw_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  ~RawTerminal() {
    if (is_raw_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_ = {};
  bool is_raw_ = false;
};

void SetSize(common::v1::TerminalSize& to) {
  winsize size = {};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) return;
  to.set_columns(size.ws_col);
  to.set_rows(size.ws_row);
}

// What wakes the thread that passes input on: 'w', the window has another size; 's', this process
// is to end; 'e', it is over.
int wake_pipe[2] = {-1, -1};  // For the signal handler.

void Wake(char why) { [[maybe_unused]] const ssize_t written = write(wake_pipe[1], &why, 1); }

// While it lives signals come through the pipe: the terminal has to be put right before the end.
class SignalsThroughPipe {
 public:
  SignalsThroughPipe() {
    struct sigaction action = {};
    action.sa_flags = SA_RESTART;  // Output goes on.
    action.sa_handler = [](int signal) { Wake(signal == SIGWINCH ? 'w' : 's'); };
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before_[i]);
  }
  ~SignalsThroughPipe() {
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  SignalsThroughPipe(const SignalsThroughPipe&) = delete;
  SignalsThroughPipe& operator=(const SignalsThroughPipe&) = delete;

 private:
  static constexpr std::array<int, 4> kSignals = {SIGWINCH, SIGTERM, SIGHUP, SIGINT};
  std::array<struct sigaction, 4> before_ = {};
};

// Passes on what is typed and how large the window is, until it is told that all is over.
void PassInput(grpc::ClientContext& call, Stream& stream, bool stdin) {
  pollfd polled[] = {{wake_pipe[0], POLLIN, 0}, {stdin ? STDIN_FILENO : -1, POLLIN, 0}};
  std::string piece(kPiece, '\0');
  while (poll(polled, 2, -1) > 0 || errno == EINTR) {
    ExecRequest request;
    common::v1::CommandInput& input = *request.mutable_input();
    char why = 0;
    if (polled[0].revents != 0 && read(wake_pipe[0], &why, 1) == 1) {
      if (why == 'e') return;
      if (why == 's') {
        call.TryCancel();
        continue;
      }
      SetSize(*input.mutable_size());
    } else if (polled[1].revents != 0) {
      const ssize_t size = read(STDIN_FILENO, piece.data(), piece.size());
      if (size < 0 && errno == EINTR) continue;
      if (size > 0) {
        input.set_stdin(piece.data(), static_cast<size_t>(size));
      } else {
        input.set_stdin_closed(true);
        polled[1].fd = -1;
      }
    } else {
      continue;
    }
    if (!stream.Write(request)) return;
  }
}

// What came of a call.
struct Came {
  int exit_code = -1;    // -1: none came.
  int output_error = 0;  // Why its output could not be written.
};

// Writes what comes, to its end.
Came PassOutput(const Terminal& terminal, grpc::ClientContext& call, Stream& stream) {
  Came came;
  for (ExecResponse response; stream.Read(&response);) {
    const common::v1::CommandOutput& output = response.output();
    if (output.has_exit_code()) came.exit_code = output.exit_code();
    terminal.out << output.stdout() << std::flush;
    if (!terminal.out && came.output_error == 0) {
      came.output_error = errno;
      call.TryCancel();
    }
    terminal.err << output.stderr() << std::flush;
  }
  return came;
}

ExecRequest Start(const Context& context, const Options& options) {
  ExecRequest request;
  ExecRequest::Start& start = *request.mutable_start();
  start.set_namespace_(context.name_space);
  start.set_application(options.application);
  start.set_instance(options.instance);
  start.set_pod(options.pod);
  start.set_container(options.container);
  common::v1::Command& command = *start.mutable_command();
  command.mutable_words()->Assign(options.words.begin(), options.words.end());
  command.set_stdin(options.stdin);
  command.set_tty(options.tty);
  if (options.tty) SetSize(*command.mutable_size());
  return request;
}

absl::StatusOr<int> Exec(const Context& context, const Options& options) {
  const std::string attempted = "exec " + options.application;
  if (options.tty && (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0))
    return absl::FailedPreconditionError("--tty needs a terminal, and there is none here");
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  if (pipe2(wake_pipe, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  std::optional<SignalsThroughPipe> signals;
  std::optional<RawTerminal> raw;
  if (options.tty) signals.emplace();
  const auto stub = core::v1::Applications::NewStub(channel);
  grpc::ClientContext call;
  const std::unique_ptr<Stream> stream = stub->Exec(&call);
  stream->Write(Start(context, options));  // Why not, if not, the end of the call says.
  // What nobody passes on would only be kept from the terminal that can make something of it.
  if (options.tty && options.stdin) raw.emplace();
  std::thread input([&] { PassInput(call, *stream, options.stdin); });
  const Came came = PassOutput(context.terminal, call, *stream);
  Wake('e');
  input.join();
  const grpc::Status status = stream->Finish();
  // Whoever read the output (`| head`) is gone: so is the reason to go on.
  if (came.output_error == EPIPE) return std::max(came.exit_code, 0);
  if (came.output_error != 0) return absl::ErrnoToStatus(came.output_error, "write the output");
  WEFT_RETURN_IF_ERROR(StreamError(status, attempted));
  return came.exit_code;
}

}  // namespace

void AddExecCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* exec = app.add_subcommand("exec", "Run a command in a container of an application");
  exec->add_option("application", options->application, "The application's name")->required();
  exec->add_option("command", options->words,
                   "The program and its arguments, behind -- where they begin with a dash")
      ->required()
      ->type_name("-- COMMAND");
  exec->add_option("--instance", options->instance, "The component's instance name")
      ->type_name("NAME");
  exec->add_option("--pod", options->pod, "The pod's name")->type_name("NAME");
  exec->add_option("-c,--container", options->container, "The container's name, else the first one")
      ->type_name("NAME");
  exec->add_flag("-i,--stdin", options->stdin, "Give it this standard input");
  exec->add_flag("-t,--tty", options->tty, "Give it a terminal, this one");
  exec->callback([&context, options] {
    context.run = [&context, options] {
      const absl::StatusOr<int> exit_code = Exec(context, *options);
      return exit_code.ok() ? *exit_code : Fail(context.terminal, exit_code.status());
    };
  });
}

}  // namespace weft::cli
