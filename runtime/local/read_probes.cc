// Reads the probes of a container: Kubernetes API, core/v1 Probe.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/json_list.h"
#include "runtime/local/read_pod.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

// Reads what is done to ask a container, or to tell it something.
class ActionReader {
 public:
  ActionReader(const json::value& v, std::string pointer, const PodContainer& container,
               std::vector<Problem>& problems)
      : v_(v), pointer_(std::move(pointer)), container_(container), problems_(problems) {}

  // One of `actions`.
  Action Read(const std::vector<std::string>& actions) {
    std::vector<std::string> said;
    for (const std::string& action : actions)
      if (json::Find(v_, action) != nullptr) said.push_back(action);
    if (said.size() != 1) {
      Refuse(problems_, pointer_, "exactly one of these is needed", absl::StrJoin(said, ", "),
             absl::StrJoin(actions, ", "));
      return {};
    }
    const json::value& action = *json::Find(v_, said[0]);
    if (said[0] == "httpGet") return ReadHttpGet(action);
    if (said[0] == "tcpSocket") return TcpSocket{ReadPort(action, "/tcpSocket")};
    Exec exec;
    for (const json::value& word : json::ListAt(action, "command"))
      exec.command.emplace_back(word.get_string());
    if (exec.command.empty()) Refuse(problems_, pointer_ + "/exec/command", "a command is needed");
    return exec;
  }

 private:
  HttpGet ReadHttpGet(const json::value& v) {
    HttpGet get;
    Reader(v, pointer_ + "/httpGet", problems_).OneOf("scheme", "HTTP", {"HTTP"});
    get.path = json::GetString(v, {"path"}, "/");
    if (get.path.empty() || get.path[0] != '/') get.path = "/" + get.path;
    get.port = ReadPort(v, "/httpGet");
    for (const json::value& header : json::ListAt(v, "httpHeaders"))
      get.headers.emplace_back(json::GetString(header, {"name"}),
                               json::GetString(header, {"value"}));
    return get;
  }

  PortRef ReadPort(const json::value& v, const char* below) {
    const std::string at = pointer_ + below;
    const json::value* port = json::Find(v, "port");
    if (port == nullptr) {
      Refuse(problems_, at + "/port", "a port is needed");
      return {};
    }
    if (!port->is_string())
      return {static_cast<int>(Reader(v, at, problems_).Integer("port", 0, 1, 65535)), ""};
    PortRef ref{0, json::GetString(v, {"port"})};
    const auto& ports = container_.ports;
    if (std::none_of(ports.begin(), ports.end(),
                     [&](const ContainerPort& p) { return p.name == ref.name; }))
      Refuse(problems_, at + "/port", "the container has no port of this name", ref.name);
    return ref;
  }

  const json::value& v_;
  const std::string pointer_;
  const PodContainer& container_;
  std::vector<Problem>& problems_;
};

Probe ReadProbe(const json::value& v, const std::string& pointer, const PodContainer& container,
                bool successes, std::vector<Problem>& problems) {
  Probe probe;
  probe.action =
      ActionReader(v, pointer, container, problems).Read({"httpGet", "tcpSocket", "exec"});
  Reader numbers(v, pointer, problems);
  probe.initial_delay = absl::Seconds(numbers.Integer("initialDelaySeconds", 0, 0, 86400));
  probe.period = absl::Seconds(numbers.Integer("periodSeconds", 10, 1, 86400));
  probe.timeout = absl::Seconds(numbers.Integer("timeoutSeconds", 1, 1, 86400));
  probe.success_threshold =
      static_cast<int>(numbers.Integer("successThreshold", 1, 1, successes ? 1000 : 1));
  probe.failure_threshold = static_cast<int>(numbers.Integer("failureThreshold", 3, 1, 1000));
  return probe;
}

}  // namespace

Probes ReadProbes(const json::value& container, const std::string& at, const PodContainer& spec,
                  std::vector<Problem>& problems) {
  const auto read = [&](const char* key, bool successes) -> std::optional<Probe> {
    const json::value* probe = json::Find(container, key);
    if (probe == nullptr) return std::nullopt;
    return ReadProbe(*probe, absl::StrCat(at, "/", key), spec, successes, problems);
  };
  return {read("startupProbe", false), read("livenessProbe", false), read("readinessProbe", true)};
}

std::optional<Action> ReadPreStop(const json::value& container, const std::string& at,
                                  const PodContainer& spec, std::vector<Problem>& problems) {
  const json::value* hook = json::FindPath(container, {"lifecycle", "preStop"});
  if (hook == nullptr) return std::nullopt;
  return ActionReader(*hook, at + "/lifecycle/preStop", spec, problems).Read({"httpGet", "exec"});
}

}  // namespace weft::local
