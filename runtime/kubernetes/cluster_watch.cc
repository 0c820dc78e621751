#include "runtime/kubernetes/cluster_watch.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/kubernetes/managed_fields.h"
#include "runtime/kubernetes/retry.h"

namespace weft::kubernetes {
namespace {

using Clock = KeyedQueue::Clock;
using std::chrono::milliseconds;

constexpr int kThreads = 4;
constexpr milliseconds kFirstBackOff(100);
constexpr int kMostDoublings = 6;  // 6.4 s.
// A watch that ends sooner has failed, whatever it says.
constexpr milliseconds kShortLife(1000);
// A kind that the API server does not have may come to be there.
constexpr std::chrono::seconds kUnknownKind(60);

// What Weft's own providers render, and pods.
std::vector<KindName> UsualKinds() {
  return {{"apps/v1", "Deployment"},
          {"apps/v1", "StatefulSet"},
          {"autoscaling/v2", "HorizontalPodAutoscaler"},
          {"batch/v1", "Job"},
          {"networking.k8s.io/v1", "Ingress"},
          {"v1", "ConfigMap"},
          {"v1", "PersistentVolumeClaim"},
          {"v1", "Pod"},
          {"v1", "Secret"},
          {"v1", "Service"}};
}

std::string KeyOf(const KindName& name) { return absl::StrCat(name.api_version, " ", name.kind); }

}  // namespace

ClusterWatch::ClusterWatch(HttpClient& client, ApiServer& server, Discovery& discovery,
                           Observations& observations, Options options)
    : client_(client),
      server_(server),
      discovery_(discovery),
      observations_(observations),
      options_(std::move(options)),
      queue_(kThreads, [this](const std::string& key) { return Work(key); }) {}

ClusterWatch::~ClusterWatch() {
  queue_.Stop();
  watched_.clear();  // Cuts the streams, whose ends are told to the queue.
}

absl::Status ClusterWatch::Start() {
  WEFT_ASSIGN_OR_RETURN(std::vector<KindName> learnt, ReadKinds(options_.kinds_file));
  std::lock_guard lock(mutex_);
  learnt_ = std::move(learnt);
  // All are expected before the first is listed, so that none is believed to be everything.
  std::vector<KindName> all = UsualKinds();
  all.insert(all.end(), learnt_.begin(), learnt_.end());
  for (const KindName& name : all) observations_.Expect(name.api_version, name.kind);
  for (const KindName& name : all) Add(name);
  return absl::OkStatus();
}

absl::Status ClusterWatch::Learn(const KindName& name) {
  std::lock_guard lock(mutex_);
  if (watched_.count(KeyOf(name)) > 0) return absl::OkStatus();
  std::vector<KindName> learnt = learnt_;
  learnt.push_back(name);
  WEFT_RETURN_IF_ERROR(WriteKinds(options_.kinds_file, learnt));
  learnt_ = std::move(learnt);
  Add(name);
  return absl::OkStatus();
}

void ClusterWatch::Add(const KindName& name) {
  auto& watched = watched_[KeyOf(name)];
  if (watched == nullptr) watched = std::make_unique<Watched>();
  watched->name = name;
  queue_.Add(KeyOf(name));
}

Clock::duration ClusterWatch::Work(const std::string& key) {
  Watched* watched = nullptr;
  {
    std::lock_guard lock(mutex_);
    watched = watched_.at(key).get();
  }
  if (watched->watch == nullptr) {
    const auto resource = discovery_.Find(watched->name.api_version, watched->name.kind);
    if (absl::IsNotFound(resource.status())) {
      observations_.Listed(watched->name.api_version, watched->name.kind, {}, 0);
      return kUnknownKind;
    }
    if (!resource.ok()) return BackOff(*watched);
    watched->watch = std::make_unique<KindWatch>(
        client_, server_, observations_, *resource,
        absl::StrCat(kInstallationLabel, "=", options_.installation),
        [this, key, watched](const absl::Status& status) { Ended(key, *watched, status); });
  }
  watched->begun = Clock::now();
  const absl::Status begun = watched->watch->Begin();
  if (begun.ok()) return KeyedQueue::kDone;
  spdlog::warn("msg=\"cannot list\" kind=\"{}\" problem=\"{}\"", key, std::string(begun.message()));
  return BackOff(*watched);
}

Clock::duration ClusterWatch::BackOff(Watched& watched) {
  const int doublings = std::min(watched.failures++, kMostDoublings);
  const Clock::duration longest = kFirstBackOff * (1 << doublings);
  return longest / 2 + std::chrono::duration_cast<Clock::duration>(longest / 2 * RandomFraction());
}

void ClusterWatch::Ended(const std::string& key, Watched& watched, const absl::Status& status) {
  if (Clock::now() - watched.begun.load() > kShortLife) watched.failures = 0;
  if (status.ok() && watched.failures == 0) return queue_.Add(key);
  spdlog::debug("msg=\"a watch broke\" kind=\"{}\" problem=\"{}\"", key,
                std::string(status.message()));
  queue_.Add(key, BackOff(watched));
}

}  // namespace weft::kubernetes
