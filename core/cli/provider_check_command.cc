#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/environment.h"
#include "core/base/files.h"
#include "core/base/status.h"
#include "core/base/tls.h"
#include "core/check/check.h"
#include "core/check/program.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/health.h"
#include "core/cli/text.h"

namespace weft::cli {
namespace {

constexpr absl::Duration kStart = absl::Seconds(30);   // Until a program has to serve.
constexpr absl::Duration kAnswer = absl::Seconds(10);  // Until what serves has to answer.
constexpr absl::Duration kDrain = absl::Seconds(10);

struct CheckOptions {
  std::string address;
  std::string identity, server_name, tls_dir;  // Over TCP, as ChannelOptions.
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

// How the address is called. Over TCP a provider lets only cores call: unless another identity is
// given it is that of this installation's core.
absl::StatusOr<ChannelOptions> ReadChannel(const Context& context, const CheckOptions& options) {
  if (IsUnixSocket(options.address)) return ChannelOptions{};
  if (options.identity.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(options.address,
                     " is TCP, where a provider has a certificate: say whom it "
                     "names with --identity provider/NAME"));
  if (!absl::StartsWith(options.identity, "provider/") ||
      !auth::CheckIdentity(options.identity).ok())
    return absl::InvalidArgumentError(
        absl::StrCat("--identity ", options.identity, ": write provider/NAME"));
  std::string tls_dir = options.tls_dir.empty() ? Environment("WEFT_TLS_DIR") : options.tls_dir;
  if (tls_dir.empty()) {
    WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
    tls_dir = auth::Identities(data).DirectoryOf(kCoreIdentity);
  }
  if (ReadFileOrEmpty(tls_dir + "/tls.crt").empty())
    return absl::InvalidArgumentError(
        absl::StrCat("there is no identity in ", tls_dir, " to call ", options.address,
                     " with: weft pki issue core/check --out FOLDER, then --tls-dir FOLDER"));
  return ChannelOptions{
      .tls_dir = tls_dir, .identity = options.identity, .server_name = options.server_name};
}

// A connected channel; else why there is none.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& address,
                                                       ChannelOptions options,
                                                       absl::Duration limit) {
  options.handshakes = std::make_shared<Handshakes>(options.tls_dir);
  std::shared_ptr<grpc::Channel> channel = Dial(address, options);
  if (channel->WaitForConnected(absl::ToChronoTime(absl::Now() + limit))) return channel;
  const absl::Status why = options.handshakes->Explain(CheckHealth(channel, kAnswer));
  if (why.ok()) return channel;
  return absl::UnavailableError(absl::StrCat("no provider can be reached at ", address, " within ",
                                             absl::FormatDuration(limit), ": ", why.message()));
}

// The exit status.
absl::StatusOr<int> RunCheck(const Context& context, const CheckOptions& options) {
  check::Options check;
  WEFT_ASSIGN_OR_RETURN(check.properties, ReadProperties(options.properties));
  std::optional<check::Program> program;
  if (!options.program.empty()) {
    WEFT_ASSIGN_OR_RETURN(check::Program started, check::Program::Start(options.program));
    program.emplace(std::move(started));
    check.artifact = check::Program::artifact();
    check.terminate = [&] { program->Terminate(); };
    check.await_end = [&] { return AwaitGoodEnd(*program); };
    WEFT_ASSIGN_OR_RETURN(check.channel, Connect(program->address(), {}, kStart));
  } else {
    WEFT_ASSIGN_OR_RETURN(const ChannelOptions channel, ReadChannel(context, options));
    WEFT_ASSIGN_OR_RETURN(check.channel, Connect(options.address, channel, kAnswer));
  }
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
  CLI::Option* address =
      check->add_option("address", options->address, "Where it serves: unix:/path, host:port");
  check
      ->add_option("--identity", options->identity,
                   "Over TCP: whom its certificate names, provider/NAME")
      ->type_name("IDENTITY")
      ->needs(address);
  check
      ->add_option("--server-name", options->server_name,
                   "Over TCP: the DNS name that its certificate has [the host's; of an IP address "
                   "NAME.provider.weft]")
      ->type_name("NAME")
      ->needs(address);
  check
      ->add_option("--tls-dir", options->tls_dir,
                   "Over TCP: the identity to call with, of a core [env WEFT_TLS_DIR, else "
                   "identities/core of the data directory]")
      ->type_name("DIR")
      ->needs(address);
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
