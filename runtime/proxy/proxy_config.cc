#include "runtime/proxy/proxy_config.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "core/base/json.h"

namespace weft::proxy {
namespace {

// $0: the socket; $1: whom it runs as; $2: where it listens. Without `noreuseport` a second proxy
// at the same address would get half of the connections; one that takes over has the sockets.
constexpr char kHead[] = R"(# Written by weft-runtime-local: a change is lost.
global
  noreuseport
  fd-hard-limit 50000
  hard-stop-after 1h
  tune.ssl.default-dh-param 2048
  ssl-default-bind-options ssl-min-ver TLSv1.2
  stats socket unix@$0 mode 600 level admin expose-fd listeners
$1
defaults
  mode http
  option http-server-close
  option forwardfor
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  timeout http-request 10s
  timeout http-keep-alive 60s

frontend ingress
$2  http-request set-var(txn.host) req.hdr(host),host_only,lower
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http unless { ssl_fc }
)";

constexpr char kTail[] = R"(  default_backend nobody

backend nobody
  http-request return status 404 content-type text/plain string "no ingress has this host and path\n"

backend unavailable
  http-request return status 503 content-type text/plain string "the service behind this path is not there\n"
)";

bool IsWildcard(const std::string& host) { return absl::StartsWith(host, "*."); }

// A condition of HAProxy; empty: any host.
std::string HostCondition(const std::string& host) {
  if (host.empty()) return "";
  if (!IsWildcard(host)) return absl::StrCat("{ var(txn.host) -m str '", host, "' } ");
  return absl::StrCat("{ var(txn.host) -m reg '^[^.]+",
                      absl::StrReplaceAll(host.substr(1), {{".", "[.]"}}), "$' } ");
}

// Element by element: "/a" holds for "/a" and "/a/b", not for "/ab".
std::string Condition(const Route& route) {
  const std::string host = HostCondition(route.host);
  if (route.exact) return absl::StrCat(host, "{ path -m str '", route.path, "' }");
  const std::string prefix(absl::StripSuffix(route.path, "/"));
  if (prefix.empty()) return absl::StrCat(host, "{ path -m beg '/' }");
  return absl::StrCat(host, "{ path -m str '", prefix, "' } or ", host, "{ path -m beg '", prefix,
                      "/' }");
}

// The host that says more first, then the path that says more.
auto Rank(const Route& route) {
  const int host = route.host.empty() ? 2 : (IsWildcard(route.host) ? 1 : 0);
  const size_t path = absl::StripSuffix(route.path, "/").size();
  return std::make_tuple(host, ~route.host.size(), !route.exact, ~path);
}

}  // namespace

std::string CertificateFile(const Certificate& certificate) {
  return absl::StrCat(kCertificates, "/", certificate.name, ".pem");
}

std::string CertificateListText(const ProxySetup& setup) {
  std::string text;
  for (const Certificate& certificate : setup.certificates) {
    absl::StrAppend(&text, CertificateFile(certificate), " [alpn h2,http/1.1]");
    for (const std::string& host : certificate.hosts) absl::StrAppend(&text, " ", host);
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string CertificateListFile(const ProxySetup& setup) {
  const std::string hash = json::Sha256(CertificateListText(setup));
  return absl::StrCat(kCertificates, "/", hash.substr(sizeof("sha256:") - 1, 12), ".list");
}

std::string ConfigText(const ProxySetup& setup, const ProxyUser& user) {
  std::string bind = absl::StrCat("  bind ", setup.http_address, "\n");
  if (!setup.certificates.empty())
    absl::StrAppend(&bind, "  bind ", setup.https_address, " ssl crt-list ",
                    CertificateListFile(setup), "\n");
  const std::string as =
      user.user.empty() ? "" : absl::StrCat("  user ", user.user, "\n  group ", user.group, "\n");
  std::string text = absl::Substitute(kHead, kSocketFile, as, bind);
  std::vector<Route> routes = setup.routes;
  std::stable_sort(routes.begin(), routes.end(),
                   [](const Route& a, const Route& b) { return Rank(a) < Rank(b); });
  std::map<std::string, std::string> backends;  // Names by address.
  for (const Route& route : routes) {
    std::string name = "unavailable";
    if (!route.backend.empty())
      name = backends.emplace(route.backend, absl::StrReplaceAll(route.backend, {{":", "_"}}))
                 .first->second;
    absl::StrAppend(&text, "  use_backend ", name, " if ", Condition(route), "\n");
  }
  absl::StrAppend(&text, kTail);
  for (const auto& [address, name] : backends)
    absl::StrAppend(&text, "\nbackend ", name, "\n  server service ", address, "\n");
  return text;
}

}  // namespace weft::proxy
