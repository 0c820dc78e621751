#pragma once

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "runtime/engine/fake_engine.h"
#include "runtime/local/local_runtime.h"
#include "runtime/local/local_test_support.h"
#include "runtime/local/names.h"

// A LocalRuntime on an engine in memory.
namespace weft::local {

inline constexpr char kInstallation[] = "0123456789ab";
inline constexpr char kWeb[] = "Deployment/default/web";

inline std::function<bool(const Seen&)> Ready(int count) {
  return [count](const Seen& seen) {
    return Number(seen, kWeb, "readyReplicas") == count &&
           Number(seen, kWeb, "replicas") == count &&
           Number(seen, kWeb, "updatedReplicas") == count && seen.at(kWeb).up_to_date;
  };
}

inline std::function<bool(const Seen&)> SomePodSays(const std::string& word) {
  return [word](const Seen& seen) {
    return std::any_of(seen.begin(), seen.end(), [&](const auto& entry) {
      return KindOfKey(entry.first) == "Pod" && absl::StrContains(entry.second.status, word);
    });
  };
}

// A second container, after the first one's closing brace.
inline constexpr char kSidecar[] = R"(},{"name":"helper","image":"web:1")";

// Waits for what no projection tells of.
inline bool Soon(const std::function<bool()>& is_so) {
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  while (!is_so() && absl::Now() < limit) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return is_so();
}

class LocalRuntimeTest : public testing::Test {
 protected:
  LocalRuntimeTest() {
    char path[] = "/tmp/weft-local-XXXXXX";
    directory_ = mkdtemp(path);
    engine_.AddImage("web:1");
  }
  ~LocalRuntimeTest() override {
    follower_.reset();
    runtime_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Start() {
    follower_.reset();
    runtime_.reset();
    LocalRuntime::Options options;
    options.installation = kInstallation;
    options.identities = directory_ + "/identities";
    options.sandbox_program = "/bin/true";
    options.dnsmasq = dnsmasq_;
    options.no_dnsmasq = no_dnsmasq_;
    options.access = access_;
    options.termination_lead = absl::ZeroDuration();
    options.now = [this] {
      std::lock_guard lock(mutex_);
      return absl::Now() + ahead_;
    };
    options.first_pull_retry = absl::Milliseconds(1);
    options.probe = [this](const ProbeTarget& target) {
      std::lock_guard lock(mutex_);
      ++asked_[target.kind];
      return failing_.contains(target.kind) ? absl::UnavailableError("no answer")
                                            : absl::OkStatus();
    };
    options.network.write = [this](const engine::Container& sandbox, const std::string& rules) {
      std::lock_guard lock(mutex_);
      ++filter_writes_;
      if (filter_error_.ok()) filters_[sandbox.network_namespace] = rules;
      return filter_error_;
    };
    options.network.own_address = [](const std::string& address) { return address; };
    auto runtime = LocalRuntime::Open(engine_, services_, proxy_, directory_ + "/db", options);
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = *std::move(runtime);
    follower_ = std::make_unique<Follower>(runtime_->board());
    runtime_->Start();
  }

  ApplyResult Apply(const ObjectRef& ref, const std::string& text, uint64_t generation) {
    return runtime_->Apply({{ref, text, "owner", generation}}, false)[0];
  }
  void ApplyWeb(int replicas, uint64_t generation, const std::string& more = "") {
    EXPECT_EQ(
        Apply(DeploymentRef("web"), DeploymentText("web", replicas, "web:1", more), generation)
            .outcome,
        ApplyResult::Outcome::kAccepted);
  }
  std::vector<std::string> ContainerIds() {
    std::vector<std::string> ids;
    const auto containers = engine_.ListContainers({});
    for (const auto& summary : *containers) ids.push_back(summary.id);
    return ids;
  }
  // The containers of pods that bear this name and run.
  std::vector<engine::Container> Running(const std::string& name) {
    std::vector<engine::Container> running;
    const auto containers = engine_.ListContainers({{kContainerLabel, name}});
    for (const auto& summary : *containers) {
      const auto container = engine_.InspectContainer(summary.id);
      if (container.ok() && container->state == "running") running.push_back(*container);
    }
    return running;
  }
  std::vector<std::string> Sandboxes() {
    std::vector<std::string> ids;
    const auto containers = engine_.ListContainers({});
    for (const auto& summary : *containers)
      if (summary.labels.contains(kRulesLabel)) ids.push_back(summary.id);
    return ids;
  }

  // How often containers were asked this.
  int Asked(ProbeKind kind) {
    std::lock_guard lock(mutex_);
    return asked_[kind];
  }
  void SetFailing(std::set<ProbeKind> failing) {
    std::lock_guard lock(mutex_);
    failing_ = std::move(failing);
  }

  // How far the runtime's clock is ahead.
  void SetAhead(absl::Duration ahead) {
    std::lock_guard lock(mutex_);
    ahead_ = ahead;
  }

  std::string directory_;
  std::string dnsmasq_, no_dnsmasq_;
  anchor::NetworkAccess access_ = anchor::NetworkAccess::kDirect;
  std::mutex mutex_;
  absl::Duration ahead_;            // Guarded by mutex_.
  std::map<ProbeKind, int> asked_;  // Guarded by mutex_.
  std::set<ProbeKind> failing_;     // Probes that fail; guarded by mutex_.
  absl::Status filter_error_;       // Guarded by mutex_, and so are these:
  int filter_writes_ = 0;
  std::map<std::string, std::string> filters_;  // nft's rules, by network namespace.
  engine::FakeEngine engine_;
  FakeServiceNetwork services_;
  FakeProxy proxy_;
  std::unique_ptr<LocalRuntime> runtime_;
  std::unique_ptr<Follower> follower_;
};

}  // namespace weft::local
