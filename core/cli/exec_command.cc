// weft exec: a command in a container of an application, with this process's streams.
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

// What wakes the thread that passes input on: 'w', the window has another size; 'e', it is over.
int wake_pipe[2] = {-1, -1};  // For the signal handler.

void WindowChanged(int) { [[maybe_unused]] const ssize_t written = write(wake_pipe[1], "w", 1); }

// Passes on what is typed and how large the window is, until it is told that all is over.
void PassInput(Stream& stream, bool stdin) {
  pollfd polled[] = {{wake_pipe[0], POLLIN, 0}, {stdin ? STDIN_FILENO : -1, POLLIN, 0}};
  std::string piece(kPiece, '\0');
  while (poll(polled, 2, -1) > 0 || errno == EINTR) {
    ExecRequest request;
    common::v1::CommandInput& input = *request.mutable_input();
    char why = 0;
    if (polled[0].revents != 0 && read(wake_pipe[0], &why, 1) == 1) {
      if (why == 'e') return;
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

// Writes what comes, to its end. The exit code; -1: none came.
int PassOutput(const Terminal& terminal, grpc::ClientContext& call, Stream& stream) {
  int exit_code = -1;
  for (ExecResponse response; stream.Read(&response);) {
    const common::v1::CommandOutput& output = response.output();
    if (output.has_exit_code()) exit_code = output.exit_code();
    terminal.out << output.stdout() << std::flush;
    terminal.err << output.stderr() << std::flush;
    // Whoever read the output (`| head`) is gone: so is the reason to go on.
    if (!terminal.out) call.TryCancel();
  }
  return exit_code;
}

absl::StatusOr<int> Exec(const Context& context, const Options& options) {
  if (options.tty && (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0))
    return absl::FailedPreconditionError("--tty needs a terminal, and there is none here");
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
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

  const auto stub = core::v1::Applications::NewStub(channel);
  grpc::ClientContext call;
  const std::unique_ptr<Stream> stream = stub->Exec(&call);
  stream->Write(request);  // Why not, if not, the end of the call says.
  if (pipe2(wake_pipe, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  std::optional<RawTerminal> raw;
  if (options.tty) {
    raw.emplace();
    struct sigaction action = {};
    action.sa_handler = WindowChanged;
    sigaction(SIGWINCH, &action, nullptr);
  }
  std::thread input([&] { PassInput(*stream, options.stdin); });
  const int exit_code = PassOutput(context.terminal, call, *stream);
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], "e", 1);
  input.join();
  const grpc::Status status = stream->Finish();
  if (!context.terminal.out) return 0;
  WEFT_RETURN_IF_ERROR(CallError(status, "exec " + options.application));
  return exit_code;
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
