#include "core/cmd/core_program.h"

#include <memory>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/auth/authenticator.h"
#include "core/auth/identities.h"
#include "core/base/data_directory.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/cmd/core_parts.h"
#include "core/config/core_config.h"
#include "core/store/sqlite_store.h"

namespace weft::cmd {
namespace {

struct Flags {
  std::string data;     // Empty: WEFT_DATA, or ~/.weft.
  std::string config;   // Empty: core.yaml of the data directory, if it is there.
  std::string listen;   // Empty: the socket "core" of the data directory.
  std::string tcp;      // Beside it, over mTLS; empty: as the configuration says.
  std::string runtime;  // Empty: as the configuration says.
};

// The configuration file, with what the flags say instead.
absl::StatusOr<config::CoreConfig> ReadConfiguration(const Flags& flags,
                                                     const DataDirectory& data) {
  absl::StatusOr<config::CoreConfig> config =
      config::ReadCoreConfig(flags.config.empty() ? data.Below("core.yaml") : flags.config);
  if (flags.config.empty() && absl::IsNotFound(config.status())) config.emplace();
  if (!config.ok()) return config;
  if (!flags.runtime.empty()) config->runtime = flags.runtime;
  if (!flags.tcp.empty()) config->listen = flags.tcp;
  if (config->address.empty()) config->address = config->listen;
  return config;
}

absl::StatusOr<Settings> Open(const Flags& flags) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, DataDirectory::Open(flags.data));
  WEFT_ASSIGN_OR_RETURN(config::CoreConfig config, ReadConfiguration(flags, data));
  WEFT_RETURN_IF_ERROR(data.Lock("core"));
  WEFT_ASSIGN_OR_RETURN(std::string installation, data.Installation());
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store,
                        store::OpenSqliteStore(data.Below("core.db")));
  return Settings{data, std::move(config), std::move(installation), std::move(store)};
}

absl::Status Run(const Flags& flags) {
  WEFT_ASSIGN_OR_RETURN(const Settings settings, Open(flags));
  const auth::Authenticator authenticator(settings.data);
  Parts parts(settings, authenticator);
  WEFT_RETURN_IF_ERROR(parts.Start());
  const std::string address =
      flags.listen.empty() ? settings.data.SocketAddress("core") : flags.listen;
  const std::string tcp = IsUnixSocket(address) ? settings.config.address : address;
  std::string tls_dir;
  if (!tcp.empty()) {
    WEFT_ASSIGN_OR_RETURN(tls_dir, EnsureIdentity(settings.data, tcp));
  }
  const auth::Renewal renewal(settings.data);
  absl::Status served = RunService({.name = "weft-core",
                                    .address = address,
                                    .tcp_address = settings.config.listen,
                                    .tls_dir = tls_dir,
                                    .admit = authenticator.admit(),
                                    .services = parts.services(),
                                    .on_drain = [&] { parts.EndStreams(); }});
  parts.EndWork();
  return served;
}

}  // namespace

int CoreMain(int argc, char** argv) {
  Flags flags;
  CLI::App app("The API and the scheduler of Weft", "weft-core");
  app.set_version_flag("--version", absl::StrCat("weft-core ", WEFT_VERSION));
  app.add_option("--data", flags.data, "The data directory [env WEFT_DATA, else ~/.weft]");
  app.add_option("--config", flags.config, "Its configuration [core.yaml of the data directory]");
  app.add_option("--listen", flags.listen, "Where to serve [a socket of the data directory]");
  app.add_option("--listen-tcp", flags.tcp,
                 "Where to serve over mTLS beside it [as the configuration says]");
  app.add_option("--runtime", flags.runtime,
                 "The runtime that applications go to [as the configuration says]");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  InitializeService("weft-core");
  const absl::Status status = Run(flags);
  if (!status.ok()) spdlog::error("msg=\"{}\"", std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace weft::cmd
