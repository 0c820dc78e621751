#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/check/check.h"
#include "core/check/program.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/text.h"

namespace weft::cli {
namespace {

constexpr absl::Duration kStart = absl::Seconds(30);  // Until a program has to serve.
constexpr absl::Duration kDrain = absl::Seconds(10);

struct CheckOptions {
  std::string address;
  std::vector<std::string> program;
  std::vector<std::string> properties;  // "TYPE=JSON"
};

absl::StatusOr<std::map<std::string, json::value>> ReadProperties(
    const std::vector<std::string>& texts) {
  std::map<std::string, json::value> properties;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos)
      return absl::InvalidArgumentError(
          absl::StrCat("--properties ", text, ": write TYPE=JSON, such as scaler={\"n\":1}"));
    absl::StatusOr<json::value> value = json::Parse(text.substr(equals + 1));
    if (!value.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("--properties ", text, ": ", value.status().message()));
    properties[text.substr(0, equals)] = *std::move(value);
  }
  return properties;
}

const char* TextOf(check::Outcome outcome) {
  switch (outcome) {
    case check::Outcome::kPassed:
      return "passed";
    case check::Outcome::kFailed:
      return "FAILED";
    case check::Outcome::kSkipped:
      return "skipped";
  }
  return "";
}

// Ends with status 0, after a drain.
absl::Status AwaitGoodEnd(check::Program& program) {
  WEFT_ASSIGN_OR_RETURN(const int status, program.AwaitEnd(kDrain));
  if (status == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      status > 0 ? absl::StrCat("after SIGTERM it ended with exit status ", status, ", not 0")
                 : absl::StrCat("SIGTERM ended it at once (signal ", -status,
                                "): it has to answer what it took and end with exit status 0"));
}

void Print(const Terminal& terminal, const std::vector<check::Verdict>& verdicts) {
  std::vector<std::vector<std::string>> rows = {{"RULE", "TYPE", "VERDICT", "DETAIL"}};
  int passed = 0, failed = 0, skipped = 0;
  for (const check::Verdict& verdict : verdicts) {
    rows.push_back({verdict.rule, verdict.type, TextOf(verdict.outcome), verdict.detail});
    ++(verdict.outcome == check::Outcome::kPassed   ? passed
       : verdict.outcome == check::Outcome::kFailed ? failed
                                                    : skipped);
  }
  terminal.out << RenderTable(rows) << "\n"
               << passed << " passed, " << failed << " failed, " << skipped << " skipped"
               << std::endl;
}

// The exit status.
absl::StatusOr<int> RunCheck(const Context& context, const CheckOptions& options) {
  check::Options check;
  WEFT_ASSIGN_OR_RETURN(check.properties, ReadProperties(options.properties));
  std::string address = options.address;
  std::optional<check::Program> program;
  if (!options.program.empty()) {
    WEFT_ASSIGN_OR_RETURN(check::Program started, check::Program::Start(options.program));
    program.emplace(std::move(started));
    address = program->address();
    check.artifact = check::Program::artifact();
    check.terminate = [&] { program->Terminate(); };
    check.await_end = [&] { return AwaitGoodEnd(*program); };
  }
  check.channel = Dial(address);
  if (!check.channel->WaitForConnected(absl::ToChronoTime(absl::Now() + kStart)))
    return absl::UnavailableError(
        absl::StrCat("nothing serves at ", address, " within ", absl::FormatDuration(kStart)));
  const std::vector<check::Verdict> verdicts = check::Check(check);
  Print(context.terminal, verdicts);
  const bool failed = std::any_of(verdicts.begin(), verdicts.end(), [](const auto& verdict) {
    return verdict.outcome == check::Outcome::kFailed;
  });
  return failed ? 1 : 0;
}

}  // namespace

void AddProviderCheckCommand(CLI::App& provider, Context& context) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* check = provider.add_subcommand(
      "check", "Check a provider in any language against the rules of the protocol");
  check->add_option("address", options->address, "Where it serves: unix:/path, host:port");
  check
      ->add_option("--program", options->program,
                   "Start this program instead, on a socket of its own; again for each argument")
      ->allow_extra_args(false)
      ->type_name("WORD");
  check
      ->add_option("--properties", options->properties,
                   "Ask with these properties, not with an example made from the schema")
      ->allow_extra_args(false)
      ->type_name("TYPE=JSON");
  check->callback([&context, options] {
    if (options->address.empty() == options->program.empty())
      throw CLI::ValidationError("provider check", "give an address or --program");
    context.run = [&context, options] {
      const absl::StatusOr<int> status = RunCheck(context, *options);
      return status.ok() ? *status : Fail(context.terminal, status.status());
    };
  });
}

}  // namespace weft::cli
