#pragma once

#include <string>
#include <vector>

// What HAProxy is told: its configuration, from plain values. Pure. Files are named relative to the
// directory that it is started in.
namespace weft::proxy {

// Where requests for a host and a path go.
struct Route {
  std::string host;        // "shop.example.org"; "*.example.org" is one label more; empty: any.
  std::string path = "/";  // Of RFC 3986 path characters but "'".
  bool exact = false;      // This path only; else also what is below it.
  std::string backend;     // "ADDRESS:PORT"; empty: nobody is there, which is answered with 503.
};

// What HTTPS for some hosts is served with.
struct Certificate {
  std::string name;                // Of its file, without its ending.
  std::vector<std::string> hosts;  // Empty: what it says itself.
  std::string pem;                 // The chain, then the key.
};

struct ProxySetup {
  std::string http_address;   // "127.0.0.1:80"
  std::string https_address;  // Served only if there are certificates.
  std::vector<Route> routes;  // Of two with the same host and path the first one holds.
  std::vector<Certificate> certificates;
};

// Whom the proxy runs as; empty: as it was started.
struct ProxyUser {
  std::string user;
  std::string group;
};

inline constexpr char kSocketFile[] = "haproxy.sock";    // It is asked and told things there.
inline constexpr char kCertificates[] = "certificates";  // The directory of their files.

// Where its PEM is.
std::string CertificateFile(const Certificate& certificate);

// HAProxy's list of certificates, and the name of its file: another list is another file. Source:
// HAProxy 2.6, configuration manual, "crt-list".
std::string CertificateListText(const ProxySetup& setup);
std::string CertificateListFile(const ProxySetup& setup);

// HAProxy's configuration. A connection to a server serves one request, so that a Service decides
// for each of them which pod it goes to. Source: HAProxy 2.6, configuration manual; which route
// holds: Kubernetes API, networking.k8s.io/v1 HTTPIngressPath.
std::string ConfigText(const ProxySetup& setup, const ProxyUser& user);

}  // namespace weft::proxy
