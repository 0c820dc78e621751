#include "plugins/traits/ingress/ingress.h"

#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "plugins/traits/ingress/schema.json.h"

namespace weft::ingress {
namespace {

sdk::ObjectRef IngressOf(const sdk::Instance& instance) {
  return {"networking.k8s.io/v1", "Ingress", instance.name, ""};
}

std::string PathOf(const sdk::Instance& instance) {
  const std::string path = instance.GetString("path");
  return path.empty() ? "/" : path;
}

// Empty: HTTPS is not asked for.
json::array Tls(const sdk::Instance& instance, sdk::Diagnostics& diagnostics) {
  const std::string secret = instance.GetString("tlsSecretName");
  const json::value* hosts = json::Find(instance.properties, "tlsHosts");
  if (secret.empty() && hosts != nullptr)
    diagnostics.Error("NO_CERTIFICATE", "HTTPS needs a certificate", "/tlsHosts",
                      "name a Secret with tls.crt and tls.key in `tlsSecretName`");
  if (secret.empty()) return {};
  json::object tls{{"secretName", secret}};
  tls["hosts"] =
      hosts != nullptr ? *hosts : json::value(json::array{instance.GetString("hostname")});
  return {std::move(tls)};
}

// The Service of the workload, which bears the instance's name.
sdk::Parts Render(const sdk::TraitRequest& request, sdk::Diagnostics& diagnostics) {
  const sdk::Instance& instance = request.instance;
  const json::object service{{"name", instance.name},
                             {"port", json::object{{"number", instance.GetInt("servicePort")}}}};
  const json::object path{{"path", PathOf(instance)},
                          {"pathType", "Prefix"},
                          {"backend", json::object{{"service", service}}}};
  const json::object rule{{"host", instance.GetString("hostname")},
                          {"http", json::object{{"paths", json::array{path}}}}};
  json::object spec{{"rules", json::array{rule}}};
  if (json::array tls = Tls(instance, diagnostics); !tls.empty()) spec["tls"] = std::move(tls);
  sdk::Parts parts;
  parts.Merge(IngressOf(instance), "", json::object{{"spec", std::move(spec)}});
  return parts;
}

// What the platform has no field for, the local runtime says in a condition; null: nothing.
const json::value* Complaint(const json::value& status) {
  for (const json::value& condition : json::ListAt(status, "conditions"))
    if (json::GetString(condition, {"status"}) == "False") return &condition;
  return nullptr;
}

// Where it answers, unless that is any of several hosts; `at`: who serves it.
std::vector<sdk::Endpoint> EndpointsOf(const sdk::Instance& instance, const json::value& at) {
  const std::string host = instance.GetString("hostname");
  if (host.starts_with("*")) return {};
  const bool https = json::Find(instance.properties, "tlsSecretName") != nullptr;
  const int64_t usual = https ? 443 : 80;
  int64_t port = usual;
  const json::array& ports = json::ListAt(at, "ports");
  if (const size_t which = https ? 1 : 0; which < ports.size())
    port = json::GetInt(ports[which], {"port"}, usual);
  return {
      {"ingress", absl::StrCat(https ? "https://" : "http://", host,
                               port == usual ? "" : absl::StrCat(":", port), PathOf(instance))}};
}

sdk::Health Assess(const sdk::AssessRequest& request) {
  const sdk::Projection* ingress = request.Find(IngressOf(request.instance));
  if (ingress == nullptr)
    return {sdk::Verdict::kProgressing, "NotCreated", "the platform has not taken it yet"};
  if (const json::value* complaint = Complaint(ingress->status)) {
    // What is missing may come.
    const std::string reason = json::GetString(*complaint, {"reason"});
    return {reason == "Incomplete" ? sdk::Verdict::kProgressing : sdk::Verdict::kFailed, reason,
            json::GetString(*complaint, {"message"})};
  }
  const json::value* served = json::FindPath(ingress->status, {"loadBalancer", "ingress"});
  if (!ingress->up_to_date || served == nullptr || !served->is_array() ||
      served->get_array().empty())
    return {sdk::Verdict::kProgressing, "NotServed", "no ingress controller has taken it yet"};
  const json::value& at = served->get_array()[0];
  const std::string ip = json::GetString(at, {"ip"});
  return {sdk::Verdict::kHealthy, "Served",
          absl::StrCat("at ", ip.empty() ? json::GetString(at, {"hostname"}) : ip),
          EndpointsOf(request.instance, at)};
}

}  // namespace

const sdk::Trait kIngress = {
    .type = "ingress",
    .summary = "Requests from outside, by host and path",
    .schema = kIngressSchema,
    .applies_to = {"core.oam.dev/v1alpha1.Server", "core.oam.dev/v1alpha1.SingletonServer"},
    .writes = {sdk::Create("networking.k8s.io/v1", "Ingress")},
    .render = Render,
    .assess = Assess,
};

}  // namespace weft::ingress
