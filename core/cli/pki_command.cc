#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/certificate.h"
#include "core/base/files.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"

namespace weft::cli {
namespace {

struct PkiOptions {
  std::string identity, directory;
  std::vector<std::string> dns_names;
  int days = static_cast<int>(auth::kCertificateLife / absl::Hours(24));
};

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

void Print(const Terminal& terminal, const Certificate& certificate) {
  terminal.out << "subject:    " << certificate.subject << "\n";
  if (!certificate.identity.empty())
    terminal.out << "SPIFFE id:  " << SpiffeId(certificate.identity) << "\n";
  if (!certificate.dns_names.empty())
    terminal.out << "DNS names:  " << absl::StrJoin(certificate.dns_names, ", ") << "\n";
  terminal.out << "issued by:  " << certificate.issuer << "\n"
               << "not after:  " << Day(certificate.not_after)
               << (certificate.not_after < absl::Now() ? " (expired)" : "") << std::endl;
}

absl::Status Init(const Context& context, const PkiOptions&) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_RETURN_IF_ERROR(auth::Identities(data).Init(absl::Now()));
  context.terminal.out << "an authority is in " << data.Below("pki") << std::endl;
  return absl::OkStatus();
}

absl::Status Issue(const Context& context, const PkiOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  const auth::Identities identities(data);
  const auth::Subject subject = {.identity = options.identity,
                                 .dns_names = options.dns_names,
                                 .life = absl::Hours(24) * options.days};
  WEFT_RETURN_IF_ERROR(auth::CheckIdentity(options.identity));
  const std::string directory =
      options.directory.empty() ? identities.DirectoryOf(options.identity) : options.directory;
  WEFT_RETURN_IF_ERROR(identities.Issue(subject, directory, absl::Now()));
  context.terminal.out << options.identity << " is in " << directory << std::endl;
  return absl::OkStatus();
}

absl::Status Show(const Context& context, const PkiOptions& options) {
  const std::string file = options.directory + "/tls.crt";
  const auto certificates = ReadCertificates(ReadFileOrEmpty(file));
  if (!certificates.ok())
    return absl::Status(certificates.status().code(),
                        absl::StrCat(file, ": ", certificates.status().message()));
  Print(context.terminal, certificates->front());
  const auto authorities = ReadCertificates(ReadFileOrEmpty(options.directory + "/ca.crt"));
  if (!authorities.ok()) return absl::OkStatus();
  for (const Certificate& authority : *authorities)
    context.terminal.out << "trusts:     " << authority.subject << " (until "
                         << Day(authority.not_after) << ")" << std::endl;
  return absl::OkStatus();
}

absl::Status Rotate(const Context& context, const PkiOptions&) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_RETURN_IF_ERROR(auth::Identities(data).Rotate(absl::Now()));
  context.terminal.out << "a new authority issues, the others are trusted too. Issue anew what "
                          "stands outside of "
                       << data.Below("identities") << ", then run: weft pki retire" << std::endl;
  return absl::OkStatus();
}

absl::Status Retire(const Context& context, const PkiOptions&) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_RETURN_IF_ERROR(auth::Identities(data).Retire(absl::Now()));
  context.terminal.out << "only the newest authority is trusted" << std::endl;
  return absl::OkStatus();
}

using Command = absl::Status (*)(const Context&, const PkiOptions&);

CLI::App* Add(CLI::App& pki, Context& context, const std::shared_ptr<PkiOptions>& options,
              const char* name, const char* summary, Command command) {
  CLI::App* app = pki.add_subcommand(name, summary);
  app->callback([&context, options, command] {
    context.run = [&context, options, command] {
      const absl::Status status = command(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
  return app;
}

}  // namespace

void AddPkiCommands(CLI::App& app, Context& context) {
  auto options = std::make_shared<PkiOptions>();
  CLI::App* pki = app.add_subcommand("pki", "Identities for calls over TCP");
  pki->require_subcommand(1);
  Add(*pki, context, options, "init", "Make the authority that issues identities", Init);
  CLI::App* issue = Add(*pki, context, options, "issue", "Issue an identity", Issue);
  issue->add_option("identity", options->identity, "KIND/NAME: core, provider, runtime or user")
      ->required();
  issue->add_option("--dns", options->dns_names, "A name of its host; again for each")
      ->allow_extra_args(false)
      ->type_name("NAME");
  issue->add_option("--days", options->days, "How long it is valid")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();
  issue->add_option("--out", options->directory, "Its directory [identities/NAME of the data]")
      ->type_name("DIR");
  CLI::App* show = Add(*pki, context, options, "show", "Show an identity", Show);
  show->add_option("directory", options->directory, "Its directory")->required();
  Add(*pki, context, options, "rotate", "Make another authority, beside those there are", Rotate);
  Add(*pki, context, options, "retire", "Trust only the newest authority", Retire);
}

}  // namespace weft::cli
