#include <iostream>

#include <CLI/CLI.hpp>

#include "core/base/service.h"
#include "runtime/local/serve.h"

int main(int argc, char** argv) {
  CLI::App app("Runs Weft's objects on a container engine of this machine");
  std::string data;
  app.add_option("--data", data, "Data directory (default: WEFT_DATA, or ~/.weft)");
  std::string listen;
  app.add_option(
      "--listen", listen,
      "Where to serve: unix:/path, or host:port with --tls-dir (default: a socket of the "
      "data directory)");
  std::string tls_dir;
  app.add_option("--tls-dir", tls_dir, "The identity over TCP: tls.crt, tls.key, ca.crt")
      ->envname("WEFT_TLS_DIR");
  app.set_version_flag("--version", std::string("weft-runtime-local ") + WEFT_VERSION);
  CLI11_PARSE(app, argc, argv);
  weft::InitializeService("weft-runtime-local");
  const absl::Status served = weft::local::Serve(data, listen, tls_dir);
  if (!served.ok()) std::cerr << "weft-runtime-local: " << served.message() << std::endl;
  return served.ok() ? 0 : 1;
}
