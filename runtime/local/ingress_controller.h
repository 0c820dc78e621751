#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"
#include "runtime/local/service_controller.h"
#include "runtime/proxy/proxy.h"

namespace weft::local {

// Where requests from outside are answered.
struct IngressAddresses {
  std::string http = "127.0.0.1:80";
  std::string https = "127.0.0.1:443";
};

// The keys of what serves all Ingresses together, and of who sees whether it still runs.
std::string ProxyKey();
std::string ProxyLookKey();

// Has all Ingresses served by one proxy, which sends each request to the address of a Service: that
// alone knows the pods. Reconcile(ProxyKey()) does all of it; an Ingress only wakes it, as do the
// Secrets and Services of its namespace.
class IngressController {
 public:
  // `services` and `proxy` outlive it.
  IngressController(Parts parts, const ServiceController& services, proxy::Proxy& proxy,
                    IngressAddresses addresses);

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  struct Wanted {
    proxy::ProxySetup setup;
    std::vector<ObjectPtr> ingresses;
    std::map<std::string, std::string> faults;  // What is missing, by the Ingress' key.
  };
  Wanted Collect() const;
  void AddRoutes(const ObjectPtr& object, const IngressSpec& spec, Wanted& wanted) const;
  void AddCertificates(const ObjectPtr& object, const IngressSpec& spec, Wanted& wanted) const;
  std::string Address(const std::string& ns, const IngressBackend& backend,
                      std::string& fault) const;
  absl::StatusOr<absl::Duration> ReconcileProxy();

  const Parts parts_;
  const ServiceController& services_;
  proxy::Proxy& proxy_;
  const IngressAddresses addresses_;
  std::atomic<bool> serving_ = false;  // What was asked for last.
};

}  // namespace weft::local
