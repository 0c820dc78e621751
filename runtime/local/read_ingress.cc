// Reads an Ingress: Kubernetes API, networking.k8s.io/v1.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/json_list.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

// Labels with dots between them, the first of which may be "*".
bool IsHost(const std::string& host) {
  const std::vector<std::string> labels = absl::StrSplit(host, '.');
  if (host.size() > 253) return false;
  for (size_t i = 0; i < labels.size(); ++i)
    if (!IsDnsLabel(labels[i]) && !(i == 0 && labels.size() > 1 && labels[i] == "*")) return false;
  return true;
}

// Of the characters of RFC 3986, but "'", with which the proxy's configuration quotes.
bool IsPath(const std::string& path) {
  return !path.empty() && path.front() == '/' && path.size() <= 1024 &&
         std::all_of(path.begin(), path.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  std::string_view("-._~!$&()*+,;=:@%/").find(c) != std::string_view::npos;
         });
}

IngressBackend ReadBackend(const json::value* v, const std::string& at,
                           std::vector<Problem>& problems) {
  IngressBackend backend;
  if (v != nullptr) {
    backend.service = json::GetString(*v, {"service", "name"});
    backend.port.number = static_cast<int>(json::GetInt(*v, {"service", "port", "number"}));
    backend.port.name = json::GetString(*v, {"service", "port", "name"});
  }
  if (!IsDnsLabel(backend.service))
    Refuse(problems, at + "/service/name", "a backend is a Service of the namespace",
           backend.service);
  if ((backend.port.number != 0) == !backend.port.name.empty() || backend.port.number < 0 ||
      backend.port.number > 65535)
    Refuse(problems, at + "/service/port", "a port of the Service is needed", "",
           "a number from 1 to 65535, or a name");
  return backend;
}

IngressPath ReadPath(const json::value& v, const std::string& at, std::vector<Problem>& problems) {
  IngressPath path;
  path.path = json::GetString(v, {"path"}, "/");
  if (!IsPath(path.path))
    Refuse(problems, at + "/path", "not a path", path.path,
           "begins with \"/\", of the characters of a URL's path");
  path.exact = Reader(v, at, problems)
                   .OneOf("pathType", "", {"Exact", "Prefix", "ImplementationSpecific"}) == "Exact";
  path.backend = ReadBackend(json::Find(v, "backend"), at + "/backend", problems);
  return path;
}

IngressRule ReadRule(const json::value& v, const std::string& at, std::vector<Problem>& problems) {
  IngressRule rule;
  rule.host = json::GetString(v, {"host"});
  if (!rule.host.empty() && !IsHost(rule.host))
    Refuse(problems, at + "/host", "not a host name", rule.host,
           "such as shop.example.org or *.example.org, in lower case");
  const json::value* http = json::Find(v, "http");
  if (http == nullptr) return rule;
  for (const json::value& path : json::ListAt(*http, "paths"))
    rule.paths.push_back(
        ReadPath(path, absl::StrCat(at, "/http/paths/", rule.paths.size()), problems));
  return rule;
}

IngressTls ReadTls(const json::value& v, const std::string& at, std::vector<Problem>& problems) {
  IngressTls tls;
  for (const json::value& host : json::ListAt(v, "hosts")) {
    tls.hosts.emplace_back(host.get_string());
    if (!IsHost(tls.hosts.back()))
      Refuse(problems, absl::StrCat(at, "/hosts/", tls.hosts.size() - 1), "not a host name",
             tls.hosts.back());
  }
  tls.secret = json::GetString(v, {"secretName"});
  if (!IsDnsLabel(tls.secret))
    Refuse(problems, at + "/secretName", "a Secret of the namespace is needed", tls.secret);
  return tls;
}

}  // namespace

Spec ReadIngress(const json::value& object, const Machine&, std::vector<Problem>& problems) {
  static const auto* const none = new json::value(json::object());
  const json::value* found = json::Find(object, "spec");
  const json::value& v = found == nullptr ? *none : *found;
  IngressSpec spec;
  for (const json::value& rule : json::ListAt(v, "rules"))
    spec.rules.push_back(ReadRule(rule, absl::StrCat("/spec/rules/", spec.rules.size()), problems));
  for (const json::value& tls : json::ListAt(v, "tls"))
    spec.tls.push_back(ReadTls(tls, absl::StrCat("/spec/tls/", spec.tls.size()), problems));
  if (const json::value* backend = json::Find(v, "defaultBackend"))
    spec.default_backend = ReadBackend(backend, "/spec/defaultBackend", problems);
  if (spec.rules.empty() && !spec.default_backend.has_value())
    Refuse(problems, "/spec", "an Ingress needs a rule or a defaultBackend");
  for (size_t i = 0; i < spec.rules.size(); ++i)
    if (spec.rules[i].paths.empty() && !spec.default_backend.has_value())
      Refuse(problems, absl::StrCat("/spec/rules/", i, "/http/paths"),
             "a rule needs a path where there is no defaultBackend");
  return spec;
}

}  // namespace weft::local
