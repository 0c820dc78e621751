#include "runtime/local/local_runtime.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "runtime/base/choose_container.h"
#include "runtime/local/inspect.h"
#include "runtime/local/names.h"
#include "runtime/local/pod_port.h"
#include "runtime/local/pod_usage.h"

namespace weft::local {
namespace {

constexpr auto kFirstRetry = std::chrono::milliseconds(200);
constexpr auto kLongestRetry = std::chrono::seconds(10);
constexpr auto kLongestPullRetry = std::chrono::minutes(5);
constexpr int kPulls = 3;
constexpr int kProbes = 16;
constexpr int kEndings = 32;  // Each may take a pod's whole grace.

bool IsOurs(const engine::Event& event, const std::string& installation) {
  const auto label = event.attributes.find(kInstallationLabel);
  return label != event.attributes.end() && label->second == installation;
}

std::string Attribute(const engine::Event& event, const char* name) {
  const auto found = event.attributes.find(name);
  return found == event.attributes.end() ? "" : found->second;
}

}  // namespace

LocalRuntime::LocalRuntime(engine::Engine& engine, Options options)
    : engine_(engine), options_(std::move(options)), backoff_(kFirstRetry, kLongestRetry) {}

absl::StatusOr<std::unique_ptr<LocalRuntime>> LocalRuntime::Open(engine::Engine& engine,
                                                                 anchor::ServiceNetwork& services,
                                                                 proxy::Proxy& proxy,
                                                                 const std::string& database,
                                                                 Options options) {
  if (!options.now) options.now = [] { return absl::Now(); };
  std::unique_ptr<LocalRuntime> self(new LocalRuntime(engine, std::move(options)));
  LocalRuntime* runtime = self.get();
  WEFT_ASSIGN_OR_RETURN(runtime->objects_,
                        ObjectStore::Open(database, [=](const Object& object, bool gone) {
                          runtime->OnChange(object, gone);
                        }));
  const auto wake = [=](const std::string& key) { runtime->Wake(key); };
  const Options& o = runtime->options_;
  runtime->networks_ =
      std::make_unique<NamespaceNetworks>(engine, *runtime->objects_, o.installation, o.dnsmasq);
  runtime->claim_volumes_ =
      std::make_unique<ClaimVolumes>(engine, *runtime->objects_, o.installation);
  const PodFilters::Network network = {
      .write =
          [&engine, access = o.access](const auto& sandbox, const std::string& rules) {
            return anchor::WriteRules(engine, access, sandbox, rules);
          },
      .own_address = anchor::OwnAddressTowards};
  runtime->filters_ =
      std::make_unique<PodFilters>(engine, *runtime->objects_, runtime->pods_, o.installation,
                                   o.network.write ? o.network : network);
  runtime->queue_ = std::make_unique<KeyedQueue>(
      o.workers, [=](const std::string& key) { return runtime->Work(key); });
  runtime->images_ = std::make_unique<ImagePuller>(
      engine, kPulls, absl::ToChronoNanoseconds(o.first_pull_retry), kLongestPullRetry,
      o.logins ? o.logins : [] { return std::vector<std::string>(); }, wake);
  const Prober::Ask ask = [&engine](const ProbeTarget& target) {
    return AskContainer(engine, target);
  };
  runtime->prober_ = std::make_unique<Prober>(kProbes, o.now(), o.probe ? o.probe : ask, wake);
  runtime->terminator_ = std::make_unique<Terminator>(
      engine, kEndings, absl::ToChronoNanoseconds(o.termination_lead),
      [=](const std::string& ns, const std::string& address) {
        return runtime->services_->Leads(ns, address);
      },
      wake);
  const Parts parts = runtime->MakeParts(services);
  runtime->keeper_ = std::make_unique<PodKeeper>(parts);
  const auto observed = [=](const std::string& key) { runtime->Observed(key); };
  PodKeeper& keeper = *runtime->keeper_;
  for (const char* kind : {"Deployment", "DaemonSet"})
    runtime->controllers_[kind] = std::make_unique<DeploymentController>(parts, keeper, observed);
  runtime->controllers_["StatefulSet"] =
      std::make_unique<StatefulSetController>(parts, keeper, observed);
  runtime->controllers_["Job"] = std::make_unique<JobController>(parts, keeper, observed);
  runtime->cron_jobs_ = std::make_unique<CronJobController>(parts);
  runtime->policies_ = std::make_unique<NetworkPolicyController>(parts);
  runtime->autoscalers_ = std::make_unique<AutoscalerController>(parts);
  runtime->claims_ = std::make_unique<ClaimController>(parts);
  runtime->services_ = std::make_unique<ServiceController>(parts);
  runtime->ingresses_ =
      std::make_unique<IngressController>(parts, *runtime->services_, proxy, o.ingress);
  for (const ObjectPtr& object : runtime->objects_->All()) runtime->Tell(*object, /*gone=*/false);
  return self;
}

Parts LocalRuntime::MakeParts(anchor::ServiceNetwork& services) {
  return {engine_,
          options_.installation,
          options_.identities,
          options_.sandbox_program,
          options_.access,
          *objects_,
          board_,
          pods_,
          *networks_,
          *claim_volumes_,
          *filters_,
          *images_,
          *prober_,
          *terminator_,
          services,
          options_.now,
          [this](const std::string& key) { Wake(key); }};
}

LocalRuntime::~LocalRuntime() { Stop(); }

void LocalRuntime::Start() {
  watch_ = std::make_unique<EngineWatch>(
      engine_, options_.resync, [this] { return Resync(); },
      [this](const engine::Event& event) { OnEvent(event); });
}

void LocalRuntime::Stop() {
  watch_.reset();
  if (queue_ != nullptr) queue_->Stop();
  if (images_ != nullptr) images_->Stop();
  if (prober_ != nullptr) prober_->Stop();
  if (terminator_ != nullptr) terminator_->Stop();
}

absl::Status LocalRuntime::RemoveUnusedNetworks() { return networks_->RemoveUnused(); }

std::vector<ApplyResult> LocalRuntime::Apply(const std::vector<AppliedObject>& objects,
                                             bool dry_run) {
  using Outcome = ApplyResult::Outcome;
  const Machine machine = ThisMachine();
  std::vector<ApplyResult> results(objects.size());
  std::vector<Candidate> candidates;
  std::vector<size_t> indices;
  for (size_t i = 0; i < objects.size(); ++i) {
    Admitted admitted = Admit(objects[i].ref, objects[i].json, machine, objects[i].steered);
    if (!admitted.problems.empty()) {
      results[i] = {Outcome::kRefused, admitted.problems[0].message, std::move(admitted.problems)};
      continue;
    }
    candidates.push_back({objects[i].ref, objects[i].generation, objects[i].owner,
                          std::move(admitted.json), std::move(admitted.spec),
                          SeededOf(objects[i].steered)});
    indices.push_back(i);
  }
  if (dry_run) return results;
  const std::vector<Acceptance> acceptances = objects_->Accept(candidates);
  for (size_t i = 0; i < acceptances.size(); ++i) {
    ApplyResult& result = results[indices[i]];
    result.message = acceptances[i].message;
    switch (acceptances[i].outcome) {
      case Acceptance::Outcome::kAccepted:
        result.outcome = Outcome::kAccepted;
        break;
      case Acceptance::Outcome::kOutdated:
        result.outcome = Outcome::kOutdated;
        break;
      case Acceptance::Outcome::kFailed:
        result.outcome = Outcome::kFailed;
        break;
    }
  }
  return results;
}

absl::Status LocalRuntime::Delete(const std::vector<ObjectRef>& refs) {
  return objects_->Delete(refs);
}

absl::StatusOr<Pod> LocalRuntime::FindPod(const std::string& ns, const std::string& pod) {
  WEFT_ASSIGN_OR_RETURN(
      const std::vector<engine::ContainerSummary> summaries,
      engine_.ListContainers(
          {{kInstallationLabel, options_.installation}, {kNamespaceLabel, ns}, {kPodLabel, pod}}));
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Container> containers,
                        InspectAll(engine_, summaries));
  std::vector<Pod> found = AssemblePods(options_.installation, containers).pods;
  if (found.empty()) return absl::NotFoundError(absl::StrCat("there is no pod ", ns, "/", pod));
  return std::move(found.front());
}

absl::StatusOr<PodRun> LocalRuntime::RunOf(const std::string& ns, const std::string& pod,
                                           const std::string& container, bool previous) {
  WEFT_ASSIGN_OR_RETURN(Pod found, FindPod(ns, pod));
  const std::string what = absl::StrCat("the pod ", ns, "/", pod);
  std::vector<std::string> names;
  for (const bool init : {false, true})
    for (const Member& member : found.members)
      if (member.init == init) names.push_back(member.name);
  WEFT_ASSIGN_OR_RETURN(const std::string name, runtime::ChooseContainer(what, names, container));
  const Member& member = *found.Find(name);
  std::vector<std::string> runs;  // That have started, the last one first.
  if (!member.run.container.started_at.empty()) runs.push_back(member.run.container.id);
  if (member.previous.has_value()) runs.push_back(member.previous->container.id);
  const size_t wanted = previous ? 1 : 0;
  if (wanted < runs.size())
    return PodRun{runs[wanted], EndedForGood(member) || Finished(found) ||
                                    (member.init && NextInit(found) == nullptr)};
  return absl::FailedPreconditionError(absl::StrCat(
      "the container ", name, " of ", what, previous ? " has not run before" : " has not run yet"));
}

absl::StatusOr<std::unique_ptr<Connection>> LocalRuntime::Connect(const std::string& ns,
                                                                  const std::string& pod,
                                                                  uint32_t port) {
  WEFT_ASSIGN_OR_RETURN(const Pod found, FindPod(ns, pod));
  if (found.sandbox.pid == 0 || found.address.empty())
    return absl::FailedPreconditionError(absl::StrCat("the pod ", ns, "/", pod, " does not run"));
  if (options_.access == anchor::NetworkAccess::kThroughEngine)
    return ConnectThroughEngine(engine_, found.sandbox.id, port);
  return ConnectToPod(found.sandbox.pid, found.address, port);
}

absl::StatusOr<std::vector<runtime::PodUsage>> LocalRuntime::Usage(
    const std::vector<ObjectRef>& pods) {
  std::map<std::string, std::set<std::string>> wanted;  // Names by namespace.
  for (const ObjectRef& pod : pods) wanted[pod.ns].insert(pod.name);
  std::vector<Pod> found;
  for (const auto& [ns, names] : wanted)
    for (Pod& pod : pods_.InNamespace(ns))
      if (names.contains(pod.name)) found.push_back(std::move(pod));
  return MeasurePods(engine_, found, {.now = options_.now, .sleep = absl::SleepFor});
}

engine::Info LocalRuntime::EngineInfo() const {
  std::lock_guard lock(mutex_);
  return info_;
}

Machine LocalRuntime::ThisMachine() const {
  std::lock_guard lock(mutex_);
  Machine machine{info_.os, info_.architecture, info_.cpus, info_.memory_bytes};
  if (options_.dnsmasq.empty())
    machine.no_names = absl::StrCat(options_.no_dnsmasq, ", and restart the runtime");
  else if (!anchor::NameServers::CanServe(info_))
    machine.no_names = "on a Podman their names lead nowhere: leave out clusterIP, or use a Docker";
  machine.no_network_rules = no_network_rules_.value_or("");
  return machine;
}

KeyedQueue::Clock::duration LocalRuntime::Work(const std::string& key) {
  const absl::StatusOr<absl::Duration> next = Reconcile(key);
  if (!next.ok()) {
    const auto wait = backoff_.Failed(key);
    spdlog::log(absl::IsUnavailable(next.status()) ? spdlog::level::debug : spdlog::level::warn,
                "msg=\"cannot reconcile\" object={} error=\"{}\"", key,
                std::string(next.status().message()));
    return wait;
  }
  backoff_.Succeeded(key);
  if (*next == absl::InfiniteDuration()) return KeyedQueue::kDone;
  return absl::ToChronoNanoseconds(*next);
}

absl::StatusOr<absl::Duration> LocalRuntime::Reconcile(const std::string& key) {
  const std::string kind = KindOfKey(key);
  if (const auto found = controllers_.find(kind); found != controllers_.end())
    return found->second->Reconcile(key);
  if (kind == "NetworkPolicy") return policies_->Reconcile(key);
  if (kind == "CronJob") return cron_jobs_->Reconcile(key);
  if (kind == "HorizontalPodAutoscaler") return autoscalers_->Reconcile(key);
  if (kind == "PersistentVolumeClaim") return claims_->Reconcile(key);
  if (kind == "Ingress" || key == ProxyKey() || key == ProxyLookKey())
    return ingresses_->Reconcile(key);
  if (kind == "Service") return services_->Reconcile(key);
  if (kind == "ConfigMap" || kind == "Secret") return KeepData(key);
  WEFT_RETURN_IF_ERROR(networks_->Keep(NamespaceOfKey(key)));
  return absl::InfiniteDuration();
}

// It is only there, for those who read it.
absl::StatusOr<absl::Duration> LocalRuntime::KeepData(const std::string& key) {
  const ObjectPtr object = objects_->Find(key);
  if (object == nullptr) return absl::InfiniteDuration();
  if (object->deleting) {
    WEFT_RETURN_IF_ERROR(objects_->Forget(object->ref));
    Wake(LocalKey("Network", object->ref.ns, ""));
    Wake(ProxyKey());  // It may serve with what is withdrawn.
    return absl::InfiniteDuration();
  }
  board_.SetStatus(key, object->generation, "{}", true);
  for (const ObjectPtr& other : objects_->InNamespace(object->ref.ns))
    if (HasPods(other->ref.kind) || other->ref.kind == "Ingress") Wake(LocalKey(other->ref));
  return absl::InfiniteDuration();
}

void LocalRuntime::OnChange(const Object& object, bool gone) {
  const std::string key = LocalKey(object.ref);
  Tell(object, gone);
  if (!gone) Wake(key);
  if (gone && objects_->IsKept(object)) Wake(object.parent);
  // Those that stay when it goes are nobody's until it comes back.
  if (object.ref.kind != "StatefulSet") return;
  for (const ObjectPtr& child : objects_->ChildrenOf(object.ref)) {
    Tell(*child, /*gone=*/false);
    Wake(LocalKey(child->ref));
  }
}

// What a controller keeps is its own affair, and not told.
void LocalRuntime::Tell(const Object& object, bool gone) {
  if (gone || objects_->IsKept(object))
    board_.RemoveObject(LocalKey(object.ref));
  else
    board_.SetObject(object);
}

void LocalRuntime::OnEvent(const engine::Event& event) {
  if (event.type == "image") return images_->ImagesChanged();
  if (event.type != "container" || !IsOurs(event, options_.installation)) return;
  // What a process of ours does in a container changes nothing of it.
  if (event.action.rfind("exec_", 0) == 0 || event.action == "extract-to-dir") return;
  if (event.action == "destroy") WakeClaimsThatGo(Attribute(event, kNamespaceLabel));
  if (const std::string controller = Attribute(event, kControllerLabel); !controller.empty())
    return Wake(KeyOfController(controller, Attribute(event, kNamespaceLabel)));
  // Something that stands for Services, or answers for their names.
  const std::string ns = Attribute(event, kNamespaceLabel);
  if (ns.empty()) return;
  Wake(LocalKey("Network", ns, ""));
  for (const ObjectPtr& object : objects_->InNamespace(ns))
    if (object->ref.kind == "Service") Wake(LocalKey(object->ref));
}

// A container less may have them.
void LocalRuntime::WakeClaimsThatGo(const std::string& ns) {
  for (const ObjectPtr& object : objects_->InNamespace(ns))
    if (object->ref.kind == "PersistentVolumeClaim" && object->deleting)
      Wake(LocalKey(object->ref));
}

// What an engine may refuse to whoever is not root, see ADR 0038.
absl::Status LocalRuntime::CheckNetworkAccess() {
  {
    std::lock_guard lock(mutex_);
    if (no_network_rules_ == "") return absl::OkStatus();  // Once it can, it can.
  }
  absl::Status checked = anchor::CheckNetworkAccess(engine_, options_.access, options_.installation,
                                                    options_.sandbox_program);
  if (EngineIsAway(checked)) return checked;
  std::string why(checked.message());
  std::lock_guard lock(mutex_);
  if (!why.empty() && no_network_rules_ != why)
    spdlog::warn("msg=\"no Services and NetworkPolicies on this machine\" error=\"{}\"", why);
  no_network_rules_ = std::move(why);
  return absl::OkStatus();
}

absl::Status LocalRuntime::Resync() {
  WEFT_ASSIGN_OR_RETURN(const engine::Info info, engine_.GetInfo());
  WEFT_RETURN_IF_ERROR(CheckNetworkAccess());
  const engine::Labels ours = {{kInstallationLabel, options_.installation}};
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> containers,
                        engine_.ListContainers(ours));
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Network> networks, engine_.ListNetworks(ours));
  std::set<std::string> controllers, others;
  for (const ObjectPtr& object : objects_->All())
    (HasPods(object->ref.kind) ? controllers : others).insert(LocalKey(object->ref));
  const auto label = [](const engine::Labels& labels, const char* key) {
    const auto found = labels.find(key);
    return found == labels.end() ? "" : found->second;
  };
  for (const engine::ContainerSummary& c : containers) {
    if (const std::string controller = label(c.labels, kControllerLabel); !controller.empty())
      controllers.insert(KeyOfController(controller, label(c.labels, kNamespaceLabel)));
  }
  for (const engine::Network& network : networks)
    others.insert(LocalKey("Network", label(network.labels, kNamespaceLabel), ""));
  others.insert(ProxyKey());  // It may run still though there is nothing to serve.
  {
    std::lock_guard lock(mutex_);
    info_ = info;
    if (!listed_) unobserved_ = controllers;
    listed_ = true;
    if (unobserved_.empty()) board_.board().SetComplete();
  }
  for (const std::string& key : controllers) Wake(key);
  for (const std::string& key : others) Wake(key);
  return absl::OkStatus();
}

void LocalRuntime::Observed(const std::string& key) {
  std::lock_guard lock(mutex_);
  if (!listed_) return;
  unobserved_.erase(key);
  if (unobserved_.empty()) board_.board().SetComplete();
}

}  // namespace weft::local
