#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"

namespace weft::cli {

absl::StatusOr<absl::Duration> ParseTimeout(std::string_view text) {
  const absl::string_view view(text.data(), text.size());
  absl::Duration duration;
  int64_t seconds = 0;
  if (absl::SimpleAtoi(view, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(std::string(text), &duration)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", view, "' is not a duration: write 90s, 2m or 1h30m"));
  }
  if (duration <= absl::ZeroDuration())
    return absl::InvalidArgumentError(absl::StrCat("a timeout of ", view, " has passed already"));
  return duration;
}

void AddTimeout(CLI::App& command, absl::Duration& timeout, const std::string& summary) {
  command
      .add_option_function<std::string>(
          "--timeout",
          [&timeout](const std::string& text) {
            const absl::StatusOr<absl::Duration> parsed = ParseTimeout(text);
            if (!parsed.ok())
              throw CLI::ValidationError("--timeout", std::string(parsed.status().message()));
            timeout = *parsed;
          },
          summary)
      ->type_name("TIME")
      ->default_str(absl::FormatDuration(timeout));
}

int Run(const std::vector<std::string>& arguments, const Terminal& terminal) {
  Context context = {.terminal = terminal};
  CLI::App app("Weft, an Open Application Model platform", "weft");
  app.set_version_flag("--version", absl::StrCat("weft ", WEFT_VERSION));
  app.add_option("--data", context.data, "The data directory [env WEFT_DATA, else ~/.weft]")
      ->type_name("DIR");
  app.add_option_function<std::string>(
         "--address", [](const std::string& address) { setenv(kCoreAddress, address.c_str(), 1); },
         "The core, host:port, called with the identity in WEFT_TLS_DIR [env WEFT_ADDRESS, else "
         "that of the data directory]")
      ->type_name("ADDRESS");
  app.add_option("-n,--namespace", context.name_space,
                 "The namespace of applications and components")
      ->type_name("NAME")
      ->capture_default_str();
  app.require_subcommand(1);
  app.fallthrough();
  AddUpCommand(app, context);
  AddDownCommand(app, context);
  AddApplyCommand(app, context);
  AddGetCommand(app, context);
  AddApplicationCommands(app, context);
  AddTopCommand(app, context);
  AddEventsCommand(app, context);
  AddRevisionCommands(app, context);
  AddConfirmCommand(app, context);
  AddExecCommand(app, context);
  AddPortForwardCommand(app, context);
  AddScheduleCommand(app, context);
  AddImageCommands(app, context);
  AddProviderCommands(app, context);
  AddPkiCommands(app, context);
  AddBackupCommands(app, context);
  AddVersionCommand(app, context);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error, terminal.out, terminal.err);
    return status == 0 ? 0 : 2;
  }
  return context.run();
}

int Main(int argc, char** argv) {
  // What is opened must not become one of the streams.
  while (true) {
    const int null = open("/dev/null", O_RDWR);
    if (null > STDERR_FILENO) close(null);
    if (null < 0 || null > STDERR_FILENO) break;
  }
  signal(SIGPIPE, SIG_IGN);  // Output that nobody reads any more shows in the stream.
  return Run(std::vector<std::string>(argv + 1, argv + argc), ProcessTerminal());
}

}  // namespace weft::cli
