#include "runtime/local/ingress_controller.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/proxy/certificate.h"

namespace weft::local {
namespace {

constexpr absl::Duration kLook = absl::Seconds(1);  // Whether the proxy still runs.

void Say(const std::string& fault, std::string& faults) {
  absl::StrAppend(&faults, faults.empty() ? "" : "; ", fault);
}

json::object Condition(const std::string& reason, const std::string& message) {
  return {{"type", "Served"}, {"status", "False"}, {"reason", reason}, {"message", message}};
}

// "ADDRESS:PORT", where the address may have colons of its own.
json::object PortOf(const std::string& address) {
  return {{"port", std::atoi(address.substr(address.rfind(':') + 1).c_str())}, {"protocol", "TCP"}};
}

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

// Kubernetes API, networking.k8s.io/v1 IngressStatus, and as a condition what it has no word for.
std::string StatusJson(const proxy::ProxySetup& setup, const std::string& fault,
                       const absl::Status& served) {
  json::object status;
  json::array conditions;
  status["loadBalancer"] = json::object();
  if (served.ok()) {
    json::array ports{PortOf(setup.http_address)};
    if (!setup.certificates.empty()) ports.push_back(PortOf(setup.https_address));
    const std::string ip = HostOf(setup.http_address);
    status["loadBalancer"] = json::object{
        {"ingress", json::array{json::object{{"ip", ip}, {"ports", std::move(ports)}}}}};
  } else {
    conditions.push_back(Condition("ProxyFailed", std::string(served.message())));
  }
  if (!fault.empty()) conditions.push_back(Condition("Incomplete", fault));
  if (!conditions.empty()) status["conditions"] = std::move(conditions);
  return json::Canonical(status);
}

}  // namespace

std::string ProxyKey() { return LocalKey("Proxy", "", ""); }
std::string ProxyLookKey() { return LocalKey("ProxyLook", "", ""); }

IngressController::IngressController(Parts parts, const ServiceController& services,
                                     proxy::Proxy& proxy, IngressAddresses addresses)
    : parts_(std::move(parts)),
      services_(services),
      proxy_(proxy),
      addresses_(std::move(addresses)) {}

absl::StatusOr<absl::Duration> IngressController::Reconcile(const std::string& key) {
  if (key == ProxyKey()) return ReconcileProxy();
  if (key == ProxyLookKey()) {
    if (!serving_) return absl::InfiniteDuration();
    if (!proxy_.Runs()) parts_.wake(ProxyKey());
    return kLook;
  }
  const ObjectPtr object = parts_.objects.Find(key);
  if (object != nullptr && object->deleting) {
    WEFT_RETURN_IF_ERROR(parts_.objects.Forget(object->ref));
    parts_.wake(LocalKey("Network", object->ref.ns, ""));
  }
  parts_.wake(ProxyKey());
  return absl::InfiniteDuration();
}

std::string IngressController::Address(const std::string& ns, const IngressBackend& backend,
                                       std::string& fault) const {
  const std::string key = LocalKey("Service", ns, backend.service);
  const ObjectPtr object = parts_.objects.Find(key);
  const auto* service = object == nullptr ? nullptr : std::get_if<ServiceSpec>(&object->spec);
  if (service == nullptr || object->deleting) {
    Say(absl::StrCat("service \"", backend.service, "\" not found"), fault);
    return "";
  }
  const auto port =
      std::find_if(service->ports.begin(), service->ports.end(), [&](const ServicePort& p) {
        return backend.port.number != 0 ? p.port == backend.port.number
                                        : p.name == backend.port.name;
      });
  if (port == service->ports.end()) {
    Say(absl::StrCat(
            "service \"", backend.service, "\" has no port ",
            backend.port.number != 0 ? std::to_string(backend.port.number) : backend.port.name),
        fault);
    return "";
  }
  if (service->headless) {
    Say(absl::StrCat("service \"", backend.service,
                     "\" is headless: the local runtime reaches only Services with an address"),
        fault);
    return "";
  }
  const std::string address = services_.AddressOf(key);
  if (!address.empty()) return absl::StrCat(address, ":", port->port);
  Say(absl::StrCat("service \"", backend.service, "\" has no address yet"), fault);
  return "";
}

void IngressController::AddRoutes(const ObjectPtr& object, const IngressSpec& spec,
                                  Wanted& wanted) const {
  std::string& fault = wanted.faults[LocalKey(object->ref)];
  const auto add = [&](const std::string& host, const std::string& path, bool exact,
                       const IngressBackend& backend) {
    wanted.setup.routes.push_back({host, path, exact, Address(object->ref.ns, backend, fault)});
  };
  for (const IngressRule& rule : spec.rules) {
    for (const IngressPath& path : rule.paths) add(rule.host, path.path, path.exact, path.backend);
    // A rule without paths is for what has no other.
    if (rule.paths.empty() && spec.default_backend.has_value())
      add(rule.host, "/", false, *spec.default_backend);
  }
  if (spec.default_backend.has_value()) add("", "/", false, *spec.default_backend);
}

void IngressController::AddCertificates(const ObjectPtr& object, const IngressSpec& spec,
                                        Wanted& wanted) const {
  std::string& fault = wanted.faults[LocalKey(object->ref)];
  for (const IngressTls& tls : spec.tls) {
    const ObjectPtr secret = parts_.objects.Find(LocalKey("Secret", object->ref.ns, tls.secret));
    const auto* data = secret == nullptr ? nullptr : std::get_if<DataSpec>(&secret->spec);
    if (data == nullptr || secret->deleting) {
      Say(absl::StrCat("secret \"", tls.secret, "\" not found"), fault);
      continue;
    }
    const auto value = [&](const char* name) {
      const auto found = data->data.find(name);
      return found == data->data.end() ? std::string() : found->second;
    };
    absl::StatusOr<std::string> pem = proxy::CertificatePem(value("tls.crt"), value("tls.key"));
    if (!pem.ok()) {
      Say(absl::StrCat("secret \"", tls.secret, "\": ", std::string(pem.status().message())),
          fault);
      continue;
    }
    wanted.setup.certificates.push_back(
        {absl::StrCat(object->ref.ns, ".", object->ref.name, ".", tls.secret), tls.hosts,
         *std::move(pem)});
  }
}

IngressController::Wanted IngressController::Collect() const {
  Wanted wanted;
  wanted.setup.http_address = addresses_.http;
  wanted.setup.https_address = addresses_.https;
  for (ObjectPtr& object : parts_.objects.All())
    if (object->ref.kind == "Ingress" && !object->deleting &&
        std::holds_alternative<IngressSpec>(object->spec))
      wanted.ingresses.push_back(std::move(object));
  std::sort(
      wanted.ingresses.begin(), wanted.ingresses.end(),
      [](const ObjectPtr& a, const ObjectPtr& b) { return LocalKey(a->ref) < LocalKey(b->ref); });
  for (const ObjectPtr& object : wanted.ingresses) {
    const auto& spec = std::get<IngressSpec>(object->spec);
    AddRoutes(object, spec, wanted);
    AddCertificates(object, spec, wanted);
  }
  return wanted;
}

absl::StatusOr<absl::Duration> IngressController::ReconcileProxy() {
  const Wanted wanted = Collect();
  if (wanted.ingresses.empty()) {
    serving_ = false;
    proxy_.Stop();
    return absl::InfiniteDuration();
  }
  const absl::Status served = proxy_.Serve(wanted.setup);
  serving_ = served.ok();  // Else it is tried again with back-off.
  if (serving_) parts_.wake(ProxyLookKey());
  for (const ObjectPtr& object : wanted.ingresses) {
    const std::string key = LocalKey(object->ref);
    const std::string& fault = wanted.faults.at(key);
    parts_.board.SetStatus(key, object->generation, StatusJson(wanted.setup, fault, served),
                           served.ok() && fault.empty());
  }
  WEFT_RETURN_IF_ERROR(served);
  return absl::InfiniteDuration();
}

}  // namespace weft::local
