#include <iostream>

#include <CLI/CLI.hpp>

#include "core/base/service.h"
#include "runtime/kubernetes/serve.h"

int main(int argc, char** argv) {
  CLI::App app("Runs Weft's objects on a Kubernetes cluster");
  weft::kubernetes::ServeOptions options;
  app.add_option("--data", options.data, "Data directory (default: WEFT_DATA, or ~/.weft)");
  app.add_option("--listen", options.listen,
                 "Where to serve: unix:/path, or host:port with --tls-dir (default: a socket of "
                 "the data directory)");
  app.add_option("--tls-dir", options.tls_dir, "The identity over TCP: tls.crt, tls.key, ca.crt")
      ->envname("WEFT_TLS_DIR");
  app.add_option("--kubeconfig", options.kubeconfig,
                 "How to reach the cluster (default: KUBECONFIG, the pod's own service account, or "
                 "~/.kube/config)");
  app.add_option("--context", options.context, "Context of the kubeconfig (default: its current)");
  app.set_version_flag("--version", std::string("weft-runtime-kubernetes ") + WEFT_VERSION);
  CLI11_PARSE(app, argc, argv);
  weft::InitializeService("weft-runtime-kubernetes");
  const absl::Status served = weft::kubernetes::Serve(options);
  if (!served.ok()) std::cerr << "weft-runtime-kubernetes: " << served.message() << std::endl;
  return served.ok() ? 0 : 1;
}
