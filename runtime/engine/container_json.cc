#include "runtime/engine/container_json.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/json_list.h"

namespace weft::engine {
namespace {

template <typename List>
json::array Strings(const List& list) {
  json::array array;
  for (const std::string& s : list) array.emplace_back(s);
  return array;
}

json::object StringMap(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

json::object MountOf(const VolumeMount& volume) {
  json::object options = {{"NoCopy", true}};
  if (volume.volume.empty() && volume.memory) {
    std::string flags = "mode=0777";
    if (volume.memory_bytes > 0) absl::StrAppend(&flags, ",size=", volume.memory_bytes);
    options["DriverConfig"] = json::object{
        {"Name", "local"},
        {"Options", json::object{{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", flags}}}};
  }
  json::object mount = {{"Type", "volume"},
                        {"Target", volume.target},
                        {"ReadOnly", volume.read_only},
                        {"VolumeOptions", std::move(options)}};
  if (!volume.volume.empty()) mount["Source"] = volume.volume;
  return mount;
}

// Unlike "Binds", these refuse a source that is not there.
json::array Mounts(const ContainerSpec& spec) {
  json::array mounts;
  for (const Bind& bind : spec.binds) {
    mounts.push_back(json::object{
        {"Type", "bind"}, {"Source", bind.source}, {"Target", bind.target}, {"ReadOnly", true}});
  }
  for (const VolumeMount& volume : spec.volumes) mounts.push_back(MountOf(volume));
  return mounts;
}

std::map<std::string, std::string> MapFrom(const json::value* v) {
  std::map<std::string, std::string> map;
  if (v == nullptr || !v->is_object()) return map;
  for (const auto& [key, value] : v->get_object()) {
    if (value.is_string()) map[std::string(key)] = std::string(value.get_string());
  }
  return map;
}

// The engine writes Go's zero time for "never".
std::string TimeText(const json::value& v, std::initializer_list<std::string_view> path) {
  const std::string text = json::GetString(v, path);
  return text.rfind("0001-", 0) == 0 ? "" : text;
}

// A Podman has words of its own for what is between Docker's: libpod's ContainerStatus.
std::string StateOf(const std::string& status) {
  if (status == "initialized") return "created";
  if (status == "stopping") return "running";
  if (status == "stopped") return "exited";  // Its process has ended; it is about to be cleaned up.
  return status;
}

absl::Time ParseTime(const std::string& text) {
  absl::Time time;
  return absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) ? time : absl::UnixEpoch();
}

}  // namespace

std::string ContainerCreateJson(const ContainerSpec& spec) {
  const bool shares = !spec.network_of.empty();
  json::object host = {
      {"NetworkMode", shares ? "container:" + spec.network_of : spec.network},
      {"RestartPolicy", json::object{{"Name", spec.keep_running ? "always" : "no"}}}};
  if (spec.cpu_shares > 0) host["CpuShares"] = spec.cpu_shares;
  if (spec.memory_reservation > 0) host["MemoryReservation"] = spec.memory_reservation;
  if (spec.cpu_limit_milli > 0) {
    // Of each 100 ms so many µs, at least 1,000, as the kubelet does. "NanoCpus" would refuse more
    // than the machine has.
    host["CpuPeriod"] = 100000;
    host["CpuQuota"] = std::max<int64_t>(1000, spec.cpu_limit_milli * 100);
  }
  if (spec.memory_limit > 0) {
    host["Memory"] = spec.memory_limit;
    host["MemorySwap"] = spec.memory_limit;
  }
  if (spec.read_only_root) host["ReadonlyRootfs"] = true;
  if (spec.no_new_privileges) host["SecurityOpt"] = json::array{"no-new-privileges"};
  if (!spec.capabilities_add.empty()) host["CapAdd"] = Strings(spec.capabilities_add);
  if (!spec.capabilities_drop.empty()) host["CapDrop"] = Strings(spec.capabilities_drop);
  if (spec.log_bytes > 0) {
    host["LogConfig"] =
        json::object{{"Type", "json-file"},
                     {"Config", json::object{{"max-size", std::to_string(spec.log_bytes)},
                                             {"max-file", std::to_string(kLogFiles)}}}};
  }
  if (!spec.name_servers.empty()) host["Dns"] = Strings(spec.name_servers);
  if (!spec.sysctls.empty()) host["Sysctls"] = StringMap(spec.sysctls);
  if (!spec.binds.empty() || !spec.volumes.empty()) host["Mounts"] = Mounts(spec);
  json::object endpoint = {{"Aliases", Strings(spec.aliases)}};
  if (!spec.address.empty()) endpoint["IPAMConfig"] = json::object{{"IPv4Address", spec.address}};
  json::object body = {{"Image", spec.image},
                       {"Env", Strings(spec.environment)},
                       {"Labels", StringMap(spec.labels)},
                       {"StopTimeout", spec.stop_grace_seconds},
                       {"HostConfig", host}};
  if (!shares) {
    body["Hostname"] = spec.hostname;
    body["NetworkingConfig"] =
        json::object{{"EndpointsConfig", json::object{{spec.network, endpoint}}}};
  }
  if (!spec.user.empty()) body["User"] = spec.user;
  if (!spec.working_directory.empty()) body["WorkingDir"] = spec.working_directory;
  if (!spec.entrypoint.empty()) body["Entrypoint"] = Strings(spec.entrypoint);
  if (!spec.command.empty()) body["Cmd"] = Strings(spec.command);
  return json::Canonical(body);
}

std::string VolumeCreateJson(const VolumeSpec& spec) {
  return json::Canonical(json::object{{"Name", spec.name}, {"Labels", StringMap(spec.labels)}});
}

std::string NetworkCreateJson(const NetworkSpec& spec) {
  json::object body = {{"Name", spec.name},
                       {"CheckDuplicate", true},
                       {"Driver", "bridge"},
                       {"Labels", StringMap(spec.labels)}};
  if (!spec.subnet.empty()) {
    json::object pool = {{"Subnet", spec.subnet}};
    if (!spec.ip_range.empty()) pool["IPRange"] = spec.ip_range;
    body["IPAM"] = json::object{{"Driver", "default"}, {"Config", json::array{pool}}};
  }
  return json::Canonical(body);
}

std::string LabelFilterJson(const Labels& labels) {
  json::array wanted;
  for (const auto& [key, value] : labels) wanted.emplace_back(absl::StrCat(key, "=", value));
  return json::Canonical(json::object{{"label", wanted}});
}

Container ContainerFromJson(const json::value& v) {
  Container c;
  c.id = json::GetString(v, {"Id"});
  c.name = std::string(absl::StripPrefix(json::GetString(v, {"Name"}), "/"));
  c.image = json::GetString(v, {"Config", "Image"});
  c.labels = MapFrom(json::FindPath(v, {"Config", "Labels"}));
  c.created = ParseTime(json::GetString(v, {"Created"}));
  c.state = StateOf(json::GetString(v, {"State", "Status"}));
  c.started_at = TimeText(v, {"State", "StartedAt"});
  c.finished_at = TimeText(v, {"State", "FinishedAt"});
  c.exit_code = json::GetInt(v, {"State", "ExitCode"});
  const json::value* killed = json::FindPath(v, {"State", "OOMKilled"});
  c.out_of_memory = killed != nullptr && killed->is_bool() && killed->get_bool();
  c.error = json::GetString(v, {"State", "Error"});
  c.pid = json::GetInt(v, {"State", "Pid"});
  c.restart_count = json::GetInt(v, {"RestartCount"});
  c.network_namespace = json::GetString(v, {"NetworkSettings", "SandboxKey"});
  const json::value* networks = json::FindPath(v, {"NetworkSettings", "Networks"});
  if (networks != nullptr && networks->is_object()) {
    for (const auto& [name, settings] : networks->get_object()) {
      const std::string address = json::GetString(settings, {"IPAddress"});
      if (!address.empty()) c.addresses[std::string(name)] = address;
    }
  }
  for (const json::value& mount : json::ListAt(v, "Mounts"))
    if (json::GetString(mount, {"Type"}) == "volume")
      c.volumes[json::GetString(mount, {"Destination"})] = {json::GetString(mount, {"Name"}),
                                                            json::GetString(mount, {"Source"})};
  return c;
}

ContainerSummary SummaryFromJson(const json::value& v) {
  ContainerSummary s;
  s.id = json::GetString(v, {"Id"});
  s.labels = MapFrom(json::Find(v, "Labels"));
  s.image_id = json::GetString(v, {"ImageID"});
  const json::value* names = json::Find(v, "Names");
  if (names != nullptr && names->is_array() && !names->get_array().empty() &&
      names->get_array()[0].is_string()) {
    s.name = std::string(absl::StripPrefix(std::string(names->get_array()[0].get_string()), "/"));
  }
  return s;
}

// cgroup v1 and v2 name differently what can be taken back.
Usage UsageFromJson(const json::value& v) {
  Usage usage;
  usage.cpu = absl::Nanoseconds(json::GetInt(v, {"cpu_stats", "cpu_usage", "total_usage"}));
  const int64_t memory = json::GetInt(v, {"memory_stats", "usage"});
  const int64_t inactive =
      json::GetInt(v, {"memory_stats", "stats", "total_inactive_file"},
                   json::GetInt(v, {"memory_stats", "stats", "inactive_file"}));
  usage.memory_bytes = std::max(int64_t{0}, memory - inactive);
  const json::value* networks = json::Find(v, "networks");
  if (networks != nullptr && networks->is_object() && !networks->get_object().empty()) {
    runtime::NetworkUsage& sum = usage.network.emplace();
    for (const auto& [name, network] : networks->get_object()) {
      sum.received_bytes += json::GetInt(network, {"rx_bytes"});
      sum.sent_bytes += json::GetInt(network, {"tx_bytes"});
    }
  }
  return usage;
}

Network NetworkFromJson(const json::value& v) {
  Network n;
  n.id = json::GetString(v, {"Id"});
  n.name = json::GetString(v, {"Name"});
  n.labels = MapFrom(json::Find(v, "Labels"));
  const json::value* pools = json::FindPath(v, {"IPAM", "Config"});
  if (pools != nullptr && pools->is_array() && !pools->get_array().empty()) {
    const json::value& pool = pools->get_array()[0];
    n.subnet = json::GetString(pool, {"Subnet"});
    n.ip_range = json::GetString(pool, {"IPRange"});
    n.gateway = json::GetString(pool, {"Gateway"});
  }
  // Under the container's id, or, where the engine knows none for it, under one of its own.
  const json::value* endpoints = json::Find(v, "Containers");
  if (endpoints != nullptr && endpoints->is_object()) {
    for (const auto& [key, endpoint] : endpoints->get_object())
      if (absl::StartsWith(std::string(key), "ep-"))
        n.lost_endpoints.push_back(json::GetString(endpoint, {"Name"}));
    if (n.lost_endpoints.size() < endpoints->get_object().size()) n.lost_endpoints.clear();
  }
  return n;
}

Image ImageFromJson(const json::value& v) {
  Image image;
  image.id = json::GetString(v, {"Id"});
  image.size_bytes = json::GetInt(v, {"Size"});
  const json::value* created = json::Find(v, "Created");  // A number in lists, a text alone.
  if (created != nullptr && created->is_int64()) {
    image.created = absl::FromUnixSeconds(created->get_int64());
  } else {
    image.created = ParseTime(json::GetString(v, {"Created"}));
  }
  const json::value* tags = json::Find(v, "RepoTags");
  if (tags != nullptr && tags->is_array()) {
    for (const json::value& tag : tags->get_array()) {
      if (tag.is_string() && tag.get_string() != "<none>:<none>")
        image.references.emplace_back(tag.get_string());
    }
  }
  return image;
}

Event EventFromJson(const json::value& v) {
  return {json::GetString(v, {"Type"}), json::GetString(v, {"Action"}),
          json::GetString(v, {"Actor", "ID"}), MapFrom(json::FindPath(v, {"Actor", "Attributes"}))};
}

absl::Status StatusFromAnswer(int http_status, std::string_view body, std::string_view attempted) {
  if (http_status / 100 == 2 || http_status == 304) return absl::OkStatus();
  std::string message(body.substr(0, 1000));
  if (const auto answer = json::Parse(body); answer.ok())
    message = json::GetString(*answer, {"message"}, message);
  const std::string text =
      absl::StrCat(absl::string_view(attempted.data(), attempted.size()), ": ", message);
  switch (http_status) {
    case 400:
      return absl::InvalidArgumentError(text);
    case 403:  // A network of that name exists, or the engine's policy forbids it.
    case 409:
      return absl::FailedPreconditionError(text);
    case 404:
      return absl::NotFoundError(text);
    case 503:
      return absl::UnavailableError(text);
    default:
      // A Podman's conflict: libpod's ErrCtrStateInvalid.
      if (absl::StrContains(text, "container state improper"))
        return absl::FailedPreconditionError(text);
      return absl::InternalError(text);
  }
}

}  // namespace weft::engine
