#include "runtime/kubernetes/kubernetes_runtime.h"

#include <algorithm>
#include <latch>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "core/base/status.h"
#include "runtime/base/choose_container.h"
#include "runtime/kubernetes/managed_fields.h"
#include "runtime/kubernetes/pod_socket.h"
#include "runtime/kubernetes/pod_usage.h"
#include "runtime/kubernetes/projecting.h"

namespace weft::kubernetes {
namespace {

constexpr int kConnections = 16;       // Objects applied or deleted at once.
constexpr size_t kMostObjects = 8192;  // That wait for it.
constexpr absl::Duration kVersionTimeout = absl::Milliseconds(800);

}  // namespace

absl::StatusOr<std::unique_ptr<KubernetesRuntime>> KubernetesRuntime::Open(Options options) {
  std::unique_ptr<KubernetesRuntime> opened(new KubernetesRuntime(std::move(options)));
  WEFT_ASSIGN_OR_RETURN(opened->client_, HttpClient::Make(opened->options_.access,
                                                          absl::StrCat("weft-runtime-kubernetes/",
                                                                       opened->options_.version)));
  opened->Begin();
  return opened;
}

KubernetesRuntime::KubernetesRuntime(Options options) : options_(std::move(options)) {}

KubernetesRuntime::~KubernetesRuntime() { Stop(); }

void KubernetesRuntime::Stop() {
  std::lock_guard lock(mutex_);
  if (!stopping_.HasBeenNotified()) stopping_.Notify();
}

void KubernetesRuntime::Begin() {
  server_ = std::make_unique<RetryingServer>(*client_, RetryRules(), [this](absl::Duration wait) {
    return !stopping_.WaitForNotificationWithTimeout(wait);
  });
  discovery_ = std::make_unique<Discovery>(*client_);
  watch_ = std::make_unique<ClusterWatch>(
      *client_, *client_, *discovery_, observations_,
      ClusterWatch::Options{options_.installation, options_.kinds_file});
  Applier::Options applying;
  applying.installation = options_.installation;
  applying.on_applied = [this](const Resource& resource, const json::value& object) {
    Applied(resource, object);
  };
  applying.seems_absent = [this](const ObjectRef& ref) { return observations_.SeemsAbsent(ref); };
  applier_ = std::make_unique<Applier>(*server_, *discovery_, std::move(applying));
  connections_ = std::make_unique<WorkerPool>(kConnections, kMostObjects);
}

absl::Status KubernetesRuntime::Start() { return watch_->Start(); }

void KubernetesRuntime::Applied(const Resource& resource, const json::value& object) {
  observations_.Applied(Project(resource.api_version, resource.kind, object), VersionOf(object));
}

void KubernetesRuntime::ForEach(size_t count, const std::function<void(size_t)>& work) {
  std::latch done(static_cast<ptrdiff_t>(count));
  for (size_t i = 0; i < count; ++i) {
    const auto task = [&, i] {
      work(i);
      done.count_down();
    };
    if (!connections_->TryRun(task)) task();  // Too much waits: this caller waits by working.
  }
  done.wait();
}

absl::StatusOr<std::vector<ApplyResult>> KubernetesRuntime::Apply(
    const std::vector<AppliedObject>& objects, bool dry_run) {
  // Before there may be objects of a kind it is watched, also by the next process.
  for (const AppliedObject& object : objects)
    if (!dry_run && discovery_->Find(object.ref.api_version, object.ref.kind).ok())
      WEFT_RETURN_IF_ERROR(watch_->Learn({object.ref.api_version, object.ref.kind}));
  std::vector<ApplyResult> results(objects.size());
  ForEach(objects.size(), [&](size_t i) { results[i] = applier_->Apply(objects[i], dry_run); });
  const auto unreachable = [](const ApplyResult& result) { return result.unreachable; };
  if (!results.empty() && std::all_of(results.begin(), results.end(), unreachable))
    return absl::UnavailableError(results.front().message);
  return results;
}

absl::Status KubernetesRuntime::Delete(const std::vector<ObjectRef>& refs) {
  std::vector<absl::Status> results(refs.size());
  ForEach(refs.size(), [&](size_t i) { results[i] = applier_->Delete(refs[i]); });
  for (const absl::Status& result : results)
    if (!result.ok()) return absl::UnavailableError(result.message());
  return absl::OkStatus();
}

absl::StatusOr<KubernetesRuntime::FoundPod> KubernetesRuntime::FindPod(const std::string& ns,
                                                                       const std::string& pod) {
  const std::string what = absl::StrCat("the pod ", ns, "/", pod);
  WEFT_ASSIGN_OR_RETURN(const Resource pods, discovery_->Find("v1", "Pod"));
  FoundPod found = {pods.ObjectPath(ns, pod), {}};
  WEFT_ASSIGN_OR_RETURN(found.object, ReadObject(client_->Send({.path = found.path}), what));
  if (json::GetString(found.object, {"metadata", "labels", kInstallationLabel}) !=
      options_.installation)
    return absl::NotFoundError(absl::StrCat(what, " is not of this installation"));
  return found;
}

absl::StatusOr<KubernetesRuntime::FoundContainer> KubernetesRuntime::FindContainer(
    const std::string& ns, const std::string& pod, const std::string& container) {
  const std::string what = absl::StrCat("the pod ", ns, "/", pod);
  WEFT_ASSIGN_OR_RETURN(const FoundPod found_pod, FindPod(ns, pod));
  const json::value& object = found_pod.object;
  FoundContainer found = {found_pod.path, ""};
  std::vector<std::string> names;
  if (const json::value* spec = json::Find(object, "spec"))
    for (const char* list : {"containers", "initContainers"})
      for (const json::value& one : json::ListAt(*spec, list))
        names.push_back(json::GetString(one, {"name"}));
  WEFT_ASSIGN_OR_RETURN(found.name, runtime::ChooseContainer(what, names, container));
  for (const char* list : {"containerStatuses", "initContainerStatuses"})
    if (const json::value* status = json::Find(object, "status"))
      for (const json::value& one : json::ListAt(*status, list))
        if (json::GetString(one, {"name"}) == found.name)
          found.running = json::FindPath(one, {"state", "running"}) != nullptr;
  return found;
}

absl::StatusOr<std::unique_ptr<ByteStream>> KubernetesRuntime::OpenLogs(
    const LogSelection& selection) {
  WEFT_ASSIGN_OR_RETURN(const FoundContainer found,
                        FindContainer(selection.ns, selection.pod, selection.container));
  HttpRequest request;
  request.path =
      absl::StrCat(found.pod_path, "/log?container=", UrlEncode(found.name),
                   "&follow=", selection.follow && !selection.previous ? "true" : "false",
                   "&previous=", selection.previous ? "true" : "false");
  if (selection.tail_lines > 0) absl::StrAppend(&request.path, "&tailLines=", selection.tail_lines);
  request.timeout = absl::InfiniteDuration();
  return std::make_unique<ByteStream>(*client_, request);
}

absl::StatusOr<std::unique_ptr<Command>> KubernetesRuntime::StartCommand(const CommandPlace& place,
                                                                         const CommandSpec& spec) {
  WEFT_ASSIGN_OR_RETURN(const FoundContainer found,
                        FindContainer(place.ns, place.pod, place.container));
  // The kubelet would find that out too, but says it as an error of its own.
  if (!found.running)
    return absl::FailedPreconditionError(absl::StrCat("the container ", found.name, " of ",
                                                      place.ns, "/", place.pod, " does not run"));
  const auto flag = [](bool is_so) { return is_so ? "true" : "false"; };
  std::string path = absl::StrCat(found.pod_path, "/exec?container=", UrlEncode(found.name),
                                  "&stdin=", flag(spec.input),
                                  "&stdout=true&stderr=", flag(!spec.tty), "&tty=", flag(spec.tty));
  for (const std::string& word : spec.words) absl::StrAppend(&path, "&command=", UrlEncode(word));
  return OpenCommand(client_->access(), client_->Token(), path, spec);
}

absl::StatusOr<std::unique_ptr<Connection>> KubernetesRuntime::Connect(const std::string& ns,
                                                                       const std::string& pod,
                                                                       uint32_t port) {
  WEFT_ASSIGN_OR_RETURN(const FoundPod found, FindPod(ns, pod));
  if (json::GetString(found.object, {"status", "phase"}) != "Running")
    return absl::FailedPreconditionError(absl::StrCat("the pod ", ns, "/", pod, " does not run"));
  return OpenPort(client_->access(), client_->Token(),
                  absl::StrCat(found.path, "/portforward?ports=", port));
}

absl::StatusOr<std::vector<runtime::PodUsage>> KubernetesRuntime::Usage(
    const std::vector<ObjectRef>& pods) {
  std::vector<absl::StatusOr<FoundPod>> found(pods.size(), absl::UnknownError("not asked"));
  ForEach(pods.size(), [&](size_t i) { found[i] = FindPod(pods[i].ns, pods[i].name); });
  std::map<std::string, std::vector<PodOnNode>> by_node;
  for (size_t i = 0; i < pods.size(); ++i) {
    if (absl::IsNotFound(found[i].status())) continue;
    WEFT_RETURN_IF_ERROR(found[i].status());
    const std::string node = json::GetString(found[i]->object, {"spec", "nodeName"});
    if (json::GetString(found[i]->object, {"status", "phase"}) == "Running")
      by_node[node].push_back({pods[i].ns, pods[i].name, node});
  }
  std::vector<std::vector<PodOnNode>> nodes;
  nodes.reserve(by_node.size());
  for (auto& [node, on_it] : by_node) nodes.push_back(std::move(on_it));
  std::vector<absl::StatusOr<std::vector<runtime::PodUsage>>> measured(nodes.size());
  ForEach(nodes.size(), [&](size_t i) { measured[i] = MeasureNode(*client_, nodes[i]); });
  std::vector<runtime::PodUsage> result;
  for (auto& of_node : measured) {
    WEFT_RETURN_IF_ERROR(of_node.status());
    std::move(of_node->begin(), of_node->end(), std::back_inserter(result));
  }
  return result;
}

std::string KubernetesRuntime::PlatformVersion() {
  const auto version = ReadObject(client_->Send({.path = "/version", .timeout = kVersionTimeout}),
                                  "ask for /version");
  std::lock_guard lock(mutex_);
  if (version.ok()) platform_version_ = json::GetString(*version, {"gitVersion"});
  return platform_version_;
}

}  // namespace weft::kubernetes
