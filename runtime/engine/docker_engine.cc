#include "runtime/engine/docker_engine.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/engine/cgroup_usage.h"
#include "runtime/engine/container_json.h"

namespace weft::engine {
namespace {

constexpr char kApi[] = "/v1.41";

template <typename Value>
std::vector<Value> ListFrom(const json::value& answer, Value (*from)(const json::value&)) {
  std::vector<Value> list;
  if (!answer.is_array()) return list;
  for (const json::value& element : answer.get_array()) list.push_back(from(element));
  return list;
}

absl::Status IgnoreNotFound(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

}  // namespace

absl::Status DockerEngine::Call(const std::string& method, const std::string& target,
                                const std::string& attempted, const std::string& body,
                                absl::Duration deadline) const {
  WEFT_ASSIGN_OR_RETURN(const HttpResponse response,
                        http_.Send({method, kApi + target, body}, deadline));
  return StatusFromAnswer(response.status, response.body, attempted);
}

absl::StatusOr<json::value> DockerEngine::Ask(const std::string& method, const std::string& target,
                                              const std::string& attempted, const std::string& body,
                                              absl::Duration deadline) const {
  WEFT_ASSIGN_OR_RETURN(const HttpResponse response,
                        http_.Send({method, kApi + target, body}, deadline));
  WEFT_RETURN_IF_ERROR(StatusFromAnswer(response.status, response.body, attempted));
  absl::StatusOr<json::value> answer = json::Parse(response.body);
  if (!answer.ok())
    return absl::InternalError(absl::StrCat(
        attempted, ": the engine's answer is not JSON: ", std::string(answer.status().message())));
  return answer;
}

absl::Status DockerEngine::Ping() {
  WEFT_ASSIGN_OR_RETURN(const HttpResponse response,
                        http_.Send({"GET", "/_ping", ""}, absl::Seconds(3)));
  return StatusFromAnswer(response.status, response.body, "ping the engine");
}

absl::StatusOr<Info> DockerEngine::GetInfo() {
  WEFT_ASSIGN_OR_RETURN(const json::value version, Ask("GET", "/version", "ask for the version"));
  WEFT_ASSIGN_OR_RETURN(const json::value info, Ask("GET", "/info", "ask for the machine"));
  Info result;
  if (const json::value* parts = json::Find(version, "Components"))
    for (const json::value& part : parts->get_array())
      result.is_podman |= json::GetString(part, {"Name"}) == "Podman Engine";
  result.version = json::GetString(version, {"Version"});
  result.os = json::GetString(version, {"Os"});
  result.architecture = json::GetString(version, {"Arch"});
  result.cpus = json::GetInt(info, {"NCPU"});
  result.memory_bytes = json::GetInt(info, {"MemTotal"});
  return result;
}

absl::StatusOr<std::string> DockerEngine::CreateContainer(const ContainerSpec& spec) {
  WEFT_ASSIGN_OR_RETURN(const json::value answer,
                        Ask("POST", "/containers/create?name=" + UrlEncode(spec.name),
                            "create container " + spec.name, ContainerCreateJson(spec)));
  return json::GetString(answer, {"Id"});
}

absl::Status DockerEngine::StartContainer(const std::string& id) {
  return Call("POST", absl::StrCat("/containers/", UrlEncode(id), "/start"),
              "start container " + id.substr(0, 12), "", absl::Seconds(60));
}

absl::Status DockerEngine::StopContainer(const std::string& id, absl::Duration grace) {
  grace = absl::Ceil(grace, absl::Seconds(1));
  return Call("POST",
              absl::StrCat("/containers/", UrlEncode(id), "/stop?t=", absl::ToInt64Seconds(grace)),
              "stop container " + id.substr(0, 12), "", grace + absl::Seconds(30));
}

absl::Status DockerEngine::RemoveContainer(const std::string& id) {
  return IgnoreNotFound(Call("DELETE", absl::StrCat("/containers/", UrlEncode(id), "?force=1&v=1"),
                             "remove container " + id.substr(0, 12), "", absl::Seconds(60)));
}

absl::Status DockerEngine::Unpack(const std::string& id, const std::string& path,
                                  const std::string& archive) {
  WEFT_ASSIGN_OR_RETURN(const HttpResponse response,
                        http_.Send({"PUT",
                                    absl::StrCat(kApi, "/containers/", UrlEncode(id),
                                                 "/archive?path=", UrlEncode(path)),
                                    archive, "application/x-tar"},
                                   absl::Seconds(60)));
  return StatusFromAnswer(response.status, response.body,
                          "unpack files into container " + id.substr(0, 12));
}

absl::StatusOr<Container> DockerEngine::InspectContainer(const std::string& id) {
  WEFT_ASSIGN_OR_RETURN(const json::value answer,
                        Ask("GET", absl::StrCat("/containers/", UrlEncode(id), "/json"),
                            "inspect container " + id.substr(0, 12)));
  return ContainerFromJson(answer);
}

absl::StatusOr<Usage> DockerEngine::GetUsage(const Container& container) {
  const std::string& id = container.id;
  if (const std::optional<Usage> usage = ReadCgroupUsage(container.pid, id)) return *usage;
  const std::string attempted = "ask what container " + id.substr(0, 12) + " uses";
  WEFT_ASSIGN_OR_RETURN(
      const json::value answer,
      Ask("GET", absl::StrCat("/containers/", UrlEncode(id), "/stats?stream=false&one-shot=true"),
          attempted));
  // Of one that does not run the engine says nothing instead.
  if (json::FindPath(answer, {"memory_stats", "usage"}) == nullptr)
    return absl::NotFoundError(attempted + ": it does not run");
  return UsageFromJson(answer);
}

absl::StatusOr<int64_t> DockerEngine::GetDiskUsage(const std::string& id, absl::Duration limit) {
  const std::string attempted = "ask what container " + id.substr(0, 12) + " has on disk";
  WEFT_ASSIGN_OR_RETURN(const json::value answer,
                        Ask("GET", absl::StrCat("/containers/", UrlEncode(id), "/json?size=true"),
                            attempted, "", limit));
  const int64_t bytes = json::GetInt(answer, {"SizeRw"}, -1);
  if (bytes < 0) return absl::UnavailableError(attempted + ": it does not tell");
  return bytes;
}

absl::StatusOr<std::vector<ContainerSummary>> DockerEngine::ListContainers(const Labels& labels) {
  WEFT_ASSIGN_OR_RETURN(
      const json::value answer,
      Ask("GET",
          absl::StrCat("/containers/json?all=1&filters=", UrlEncode(LabelFilterJson(labels))),
          "list containers"));
  return ListFrom(answer, &SummaryFromJson);
}

absl::Status DockerEngine::CreateVolume(const VolumeSpec& spec) {
  return Call("POST", "/volumes/create", "create volume " + spec.name, VolumeCreateJson(spec));
}

absl::Status DockerEngine::RemoveVolume(const std::string& name) {
  return IgnoreNotFound(Call("DELETE", "/volumes/" + UrlEncode(name), "remove volume " + name, "",
                             absl::Seconds(60)));
}

absl::StatusOr<std::string> DockerEngine::CreateNetwork(const NetworkSpec& spec) {
  WEFT_ASSIGN_OR_RETURN(
      const json::value answer,
      Ask("POST", "/networks/create", "create network " + spec.name, NetworkCreateJson(spec)));
  return json::GetString(answer, {"Id"});
}

absl::StatusOr<Network> DockerEngine::InspectNetwork(const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(const json::value answer,
                        Ask("GET", "/networks/" + UrlEncode(name), "inspect network " + name));
  return NetworkFromJson(answer);
}

absl::Status DockerEngine::RemoveNetwork(const std::string& name) {
  const std::string path = "/networks/" + UrlEncode(name);
  const auto remove = [&] {
    return IgnoreNotFound(Call("DELETE", path, "remove network " + name));
  };
  absl::Status removed = remove();
  if (removed.ok()) return removed;
  // An engine that was killed as it started or removed a container keeps that one's place.
  const absl::StatusOr<Network> network = InspectNetwork(name);
  if (!network.ok() || network->lost_endpoints.empty()) return removed;
  for (const std::string& endpoint : network->lost_endpoints) {
    const json::object body = {{"Container", endpoint}, {"Force", true}};
    Call("POST", path + "/disconnect", "free a place of network " + name, json::Canonical(body))
        .IgnoreError();
  }
  return remove();
}

absl::StatusOr<std::vector<Network>> DockerEngine::ListNetworks(const Labels& labels) {
  WEFT_ASSIGN_OR_RETURN(
      const json::value answer,
      Ask("GET", "/networks?filters=" + UrlEncode(LabelFilterJson(labels)), "list networks"));
  return ListFrom(answer, &NetworkFromJson);
}

absl::StatusOr<Image> DockerEngine::InspectImage(const std::string& reference) {
  // A reference's slashes stand unescaped in the path.
  std::string path = "/images/";
  for (const char c : reference) path += c == '/' ? "/" : UrlEncode(std::string_view(&c, 1));
  WEFT_ASSIGN_OR_RETURN(const json::value answer,
                        Ask("GET", path + "/json", "look for image " + reference));
  return ImageFromJson(answer);
}

absl::StatusOr<std::vector<Image>> DockerEngine::ListImages() {
  WEFT_ASSIGN_OR_RETURN(const json::value answer, Ask("GET", "/images/json", "list images"));
  return ListFrom(answer, &ImageFromJson);
}

absl::Status DockerEngine::RemoveImage(const Image& image) {
  // By its id one of several names cannot be removed without force, which takes it from containers.
  std::vector<std::string> names = image.references;
  if (names.empty()) names.push_back(image.id);
  for (const std::string& name : names) {
    WEFT_RETURN_IF_ERROR(
        IgnoreNotFound(Call("DELETE", absl::StrCat("/images/", UrlEncode(name)),
                            absl::StrCat("remove image ", name), "", absl::Seconds(60))));
  }
  return absl::OkStatus();
}

}  // namespace weft::engine
