// Reads a Service: Kubernetes API, core/v1 Service.
#include <set>

#include "absl/strings/str_cat.h"
#include "runtime/local/admission.h"

namespace weft::local {
namespace {

int ReadNumber(const json::value& v, const char* key, const std::string& pointer,
               std::vector<Problem>& problems) {
  const int64_t number = json::GetInt(v, {key});
  if (number < 1 || number > 65535)
    Refuse(problems, pointer, absl::StrCat(pointer, " is not a port"), std::to_string(number),
           "1 to 65535");
  return static_cast<int>(number);
}

ServicePort ReadPort(const json::value& v, const std::string& pointer,
                     std::vector<Problem>& problems) {
  ServicePort port;
  port.name = json::GetString(v, {"name"});
  port.port = ReadNumber(v, "port", pointer + "/port", problems);
  port.protocol = json::GetString(v, {"protocol"}, "TCP");
  if (port.protocol != "TCP" && port.protocol != "UDP")
    Refuse(problems, pointer + "/protocol", "the local runtime does not support this protocol",
           port.protocol, "TCP or UDP", "UNSUPPORTED_VALUE");
  const json::value* target = json::Find(v, "targetPort");
  if (target == nullptr) {
    port.target.number = port.port;
  } else if (target->is_string()) {
    port.target.name = std::string(target->get_string());
    if (port.target.name.empty())
      Refuse(problems, pointer + "/targetPort", "the name of a port is empty");
  } else {
    port.target.number = ReadNumber(v, "targetPort", pointer + "/targetPort", problems);
  }
  return port;
}

}  // namespace

Spec ReadService(const json::value& object, const Machine& machine,
                 std::vector<Problem>& problems) {
  ServiceSpec spec;
  const std::string address = json::GetString(object, {"spec", "clusterIP"});
  spec.headless = address == "None";
  if (!address.empty() && !spec.headless)
    Refuse(problems, kClusterIp, "the local runtime chooses a Service's address itself", address,
           "None, or nothing", "UNSUPPORTED_VALUE");
  if (spec.headless && !machine.no_names.empty())
    problems.push_back({"UNSUPPORTED_VALUE", kClusterIp,
                        "this machine cannot carry out headless Services", address, "",
                        machine.no_names});
  spec.publishes_not_ready = json::GetBool(object, {"spec", "publishNotReadyAddresses"});
  const std::string type = json::GetString(object, {"spec", "type"}, "ClusterIP");
  if (type != "ClusterIP")
    Refuse(problems, "/spec/type", "the local runtime does not support this type of Service", type,
           "ClusterIP", "UNSUPPORTED_VALUE");
  spec.selector = ReadLabels(json::FindPath(object, {"spec", "selector"}));
  if (spec.selector.empty()) Refuse(problems, "/spec/selector", "a Service needs a selector");
  const json::value* ports = json::FindPath(object, {"spec", "ports"});
  if (ports == nullptr || ports->get_array().empty()) {
    if (!spec.headless) Refuse(problems, "/spec/ports", "a Service needs a port");
    return spec;
  }
  std::set<std::string> seen;
  for (const json::value& v : ports->get_array()) {
    const std::string pointer = absl::StrCat("/spec/ports/", spec.ports.size());
    spec.ports.push_back(ReadPort(v, pointer, problems));
    const std::string identity =
        absl::StrCat(spec.ports.back().protocol, " ", spec.ports.back().port);
    if (!seen.insert(identity).second)
      Refuse(problems, pointer + "/port", "the Service has this port twice", identity);
  }
  return spec;
}

}  // namespace weft::local
