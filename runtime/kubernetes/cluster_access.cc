#include "runtime/kubernetes/cluster_access.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>
#include <yaml-cpp/yaml.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/environment.h"
#include "core/base/status.h"

namespace weft::kubernetes {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  if (!in || !(text << in.rdbuf())) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return text.str();
}

// A mapping in a kubeconfig, and the file it stands in.
struct Entry {
  YAML::Node node;
  std::string file;
  std::string what;  // "the user \"admin\" in /home/me/.kube/config"

  bool Has(const char* key) const { return node.IsMap() && node[key] && !node[key].IsNull(); }
  std::string Text(const char* key) const {
    return Has(key) && node[key].IsScalar() ? node[key].Scalar() : "";
  }
  absl::Status Bad(absl::string_view problem) const {
    return absl::InvalidArgumentError(absl::StrCat(what, " ", problem));
  }
  // The file that `key` names; empty: there is no such key.
  std::string Path(const char* key) const {
    const std::string path = Text(key);
    if (path.empty()) return "";
    return (std::filesystem::path(file).parent_path() / path).string();
  }
  // The PEM text of KEY-data, else of the file KEY.
  absl::StatusOr<std::string> Pem(const std::string& key) const {
    if (const std::string data = Text((key + "-data").c_str()); !data.empty()) {
      std::string pem;
      if (!absl::Base64Unescape(data, &pem)) return Bad(absl::StrCat(key, "-data is no base64"));
      return pem;
    }
    const std::string path = Path(key.c_str());
    if (path.empty()) return std::string();
    return ReadFile(path);
  }
};

class Kubeconfig {
 public:
  absl::Status Load(const std::string& path) {
    WEFT_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    try {
      files_.push_back({YAML::Load(text), path, path});
    } catch (const YAML::Exception& e) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", e.what()));
    }
    return absl::OkStatus();
  }
  bool empty() const { return files_.empty(); }

  std::string CurrentContext() const {
    for (const Entry& file : files_)
      if (const std::string name = file.Text("current-context"); !name.empty()) return name;
    return "";
  }

  // The mapping below `field` of the element `name` of the list `list`.
  absl::StatusOr<Entry> Find(const char* list, const char* field, const std::string& name) const {
    std::string searched;
    for (const Entry& file : files_) {
      absl::StrAppend(&searched, searched.empty() ? "" : ", ", file.file);
      if (!file.Has(list) || !file.node[list].IsSequence()) continue;
      for (const YAML::Node& element : file.node[list]) {
        const Entry entry{element, file.file, file.file};
        if (entry.Text("name") != name || !entry.Has(field)) continue;
        return Entry{element[field], file.file,
                     absl::StrCat("the ", field, " \"", name, "\" in ", file.file)};
      }
    }
    return absl::NotFoundError(
        absl::StrCat("there is no ", field, " \"", name, "\" in ", searched));
  }

 private:
  std::vector<Entry> files_;
};

absl::Status TakeCluster(const Entry& cluster, ClusterAccess& access) {
  access.server = cluster.Text("server");
  while (!access.server.empty() && access.server.back() == '/') access.server.pop_back();
  if (access.server.empty()) return cluster.Bad("has no server");
  if (access.server.rfind("http://", 0) != 0 && access.server.rfind("https://", 0) != 0)
    return cluster.Bad(absl::StrCat("has the server ", access.server, ", which is no URL"));
  WEFT_ASSIGN_OR_RETURN(access.ca, cluster.Pem("certificate-authority"));
  access.tls_server_name = cluster.Text("tls-server-name");
  access.insecure_skip_verify = cluster.Text("insecure-skip-tls-verify") == "true";
  access.proxy_url = cluster.Text("proxy-url");
  return absl::OkStatus();
}

absl::Status TakeUser(const Entry& user, ClusterAccess& access) {
  for (const char* plugin : {"exec", "auth-provider"}) {
    if (!user.Has(plugin)) continue;
    return user.Bad(absl::StrCat("uses ", plugin,
                                 ": plugins that fetch credentials are not supported; use a client "
                                 "certificate, a token or a tokenFile"));
  }
  if (user.Has("username") || user.Has("password"))
    return user.Bad("uses a password: use a client certificate, a token or a tokenFile");
  WEFT_ASSIGN_OR_RETURN(access.client_certificate, user.Pem("client-certificate"));
  WEFT_ASSIGN_OR_RETURN(access.client_key, user.Pem("client-key"));
  if (access.client_certificate.empty() != access.client_key.empty())
    return user.Bad("has only one of client-certificate and client-key");
  access.token = user.Text("token");
  access.token_file = user.Path("tokenFile");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClusterAccess> ReadKubeconfig(const std::string& paths,
                                             const std::string& context) try {
  Kubeconfig config;
  for (const std::string& path :
       std::vector<std::string>(absl::StrSplit(paths, ':', absl::SkipEmpty()))) {
    const absl::Status loaded = config.Load(path);
    if (!loaded.ok() && !absl::IsNotFound(loaded)) return loaded;
  }
  if (config.empty()) return absl::NotFoundError(absl::StrCat("there is no kubeconfig ", paths));
  const std::string name = context.empty() ? config.CurrentContext() : context;
  if (name.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(paths, " has no current-context: name one with --context"));
  WEFT_ASSIGN_OR_RETURN(const Entry chosen, config.Find("contexts", "context", name));
  WEFT_ASSIGN_OR_RETURN(const Entry cluster,
                        config.Find("clusters", "cluster", chosen.Text("cluster")));
  ClusterAccess access;
  WEFT_RETURN_IF_ERROR(TakeCluster(cluster, access));
  if (const std::string user_name = chosen.Text("user"); !user_name.empty()) {
    WEFT_ASSIGN_OR_RETURN(const Entry user, config.Find("users", "user", user_name));
    WEFT_RETURN_IF_ERROR(TakeUser(user, access));
  }
  return access;
} catch (const YAML::Exception& e) {
  return absl::InvalidArgumentError(absl::StrCat(paths, ": ", e.what()));
}

absl::StatusOr<ClusterAccess> InCluster(const std::string& host, const std::string& port,
                                        const std::string& directory) {
  ClusterAccess access;
  const bool ipv6 = host.find(':') != std::string::npos;
  access.server = absl::StrCat("https://", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port);
  access.token_file = directory + "/token";
  WEFT_RETURN_IF_ERROR(ReadFile(access.token_file).status());
  WEFT_ASSIGN_OR_RETURN(access.ca, ReadFile(directory + "/ca.crt"));
  return access;
}

absl::StatusOr<ClusterAccess> FindClusterAccess(const std::string& kubeconfig,
                                                const std::string& context) {
  if (!kubeconfig.empty()) return ReadKubeconfig(kubeconfig, context);
  if (const std::string paths = Environment("KUBECONFIG"); !paths.empty())
    return ReadKubeconfig(paths, context);
  const std::string host = Environment("KUBERNETES_SERVICE_HOST");
  const std::string port = Environment("KUBERNETES_SERVICE_PORT");
  if (!host.empty() && !port.empty() && context.empty()) return InCluster(host, port);
  return ReadKubeconfig(Environment("HOME") + "/.kube/config", context);
}

}  // namespace weft::kubernetes
