#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "core/base/json.h"
#include "runtime/anchor/service_network.h"
#include "runtime/local/object_board.h"
#include "runtime/local/pod.h"
#include "runtime/proxy/proxy.h"

// What the tests of this folder share.
namespace weft::local {

// Remembers what it was asked for.
class FakeServiceNetwork final : public anchor::ServiceNetwork {
 public:
  absl::StatusOr<std::string> Ensure(const Service& service) override {
    std::unique_lock lock(mutex_);
    ++held_up_;
    released_.wait(lock, [this] { return !held_; });
    --held_up_;
    const auto [found, fresh] = services_.try_emplace(service.ns + "/" + service.name);
    if (fresh) addresses_.emplace(found->first, absl::StrCat("10.0.0.", addresses_.size() + 1));
    found->second = service;
    return addresses_.at(found->first);
  }
  absl::Status Remove(const std::string& ns, const std::string& name) override {
    std::lock_guard lock(mutex_);
    services_.erase(ns + "/" + name);
    return absl::OkStatus();
  }

  // Ensure does not return until it is not held any more.
  void Hold(bool held) {
    std::lock_guard lock(mutex_);
    held_ = held;
    released_.notify_all();
  }
  // Calls of Ensure that have not returned.
  int HeldUp() const {
    std::lock_guard lock(mutex_);
    return held_up_;
  }

  anchor::Filters FiltersOf(const std::string& key) const {
    std::lock_guard lock(mutex_);
    const auto found = services_.find(key);
    return found == services_.end() ? anchor::Filters{} : found->second.filters;
  }

  // Addresses behind the first port; -1 if there is no such Service.
  int Targets(const std::string& key) const {
    std::lock_guard lock(mutex_);
    const auto found = services_.find(key);
    return found == services_.end() ? -1 : static_cast<int>(found->second.ports[0].targets.size());
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable released_;
  bool held_ = false;
  int held_up_ = 0;
  std::map<std::string, Service> services_;
  std::map<std::string, std::string> addresses_;  // Each of its own, from 10.0.0.1 on.
};

// Remembers what it was asked to serve.
class FakeProxy final : public proxy::Proxy {
 public:
  absl::Status Serve(const proxy::ProxySetup& setup) override {
    std::lock_guard lock(mutex_);
    ++calls_;
    if (!error_.ok()) return error_;
    setup_ = setup;
    std::set<std::string> backends;
    for (const proxy::Route& route : setup.routes) backends.insert(route.backend);
    least_backends_ = std::min(least_backends_, backends.size());
    return absl::OkStatus();
  }
  void Stop() override {
    std::lock_guard lock(mutex_);
    setup_.reset();
  }
  bool Runs() const override {
    std::lock_guard lock(mutex_);
    return setup_.has_value();
  }
  // As if it were killed.
  void Die() { Stop(); }

  std::optional<proxy::ProxySetup> setup() const {
    std::lock_guard lock(mutex_);
    return setup_;
  }
  // The fewest different backends, missing ones as one, of what was asked for since Begin.
  size_t least_backends() const {
    std::lock_guard lock(mutex_);
    return least_backends_;
  }
  void Begin() {
    std::lock_guard lock(mutex_);
    least_backends_ = SIZE_MAX;
  }
  int calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  void SetError(absl::Status error) {
    std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }

 private:
  mutable std::mutex mutex_;
  std::optional<proxy::ProxySetup> setup_;  // Nothing: it is stopped.
  size_t least_backends_ = SIZE_MAX;
  int calls_ = 0;
  absl::Status error_;
};

using Seen = std::map<std::string, Projection>;  // By key.

// Follows a board as a client would.
class Follower {
 public:
  explicit Follower(runtime::Board& board)
      : subscription_(board.Subscribe([this] {
          std::lock_guard lock(mutex_);
          news_ = true;
          changed_.notify_all();
        })) {}

  // Until `enough` of what was told; false after 10 s.
  bool Until(const std::function<bool(const Seen&)>& enough) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      while (const std::optional<runtime::BoardEvent> event = subscription_->Next()) Take(*event);
      if (enough(seen_)) return true;
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, end, [&] { return news_; })) return false;
      news_ = false;
    }
  }

  const Seen& seen() const { return seen_; }
  bool complete() const { return complete_; }

 private:
  void Take(const runtime::BoardEvent& event) {
    if (event.type == runtime::BoardEvent::Type::kChanged)
      seen_[LocalKey(event.projection.ref)] = event.projection;
    if (event.type == runtime::BoardEvent::Type::kGone) seen_.erase(LocalKey(event.gone));
    if (event.type == runtime::BoardEvent::Type::kSynced) complete_ = event.complete;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool news_ = false;
  Seen seen_;
  bool complete_ = false;
  std::unique_ptr<runtime::Board::Subscription> subscription_;
};

inline int64_t Number(const Seen& seen, const std::string& key, const char* field) {
  const auto found = seen.find(key);
  return found == seen.end() ? -1 : json::GetInt(*json::Parse(found->second.status), {field});
}

inline ObjectRef DeploymentRef(const std::string& name) {
  return {"apps/v1", "Deployment", "default", name};
}
inline ObjectRef ServiceRef(const std::string& name) { return {"v1", "Service", "default", name}; }

inline std::vector<std::string> Names(const std::vector<Pod>& pods) {
  std::vector<std::string> names;
  names.reserve(pods.size());
  for (const Pod& pod : pods) names.push_back(pod.name);
  return names;
}

// A Deployment of `replicas` pods labelled app=NAME. `more` goes into its container.
inline std::string DeploymentText(const std::string& name, int replicas,
                                  const std::string& image = "web:1",
                                  const std::string& more = "") {
  return absl::Substitute(
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"$0","namespace":"default"},
      "spec":{"replicas":$1,"selector":{"matchLabels":{"app":"$0"}},"template":{
      "metadata":{"labels":{"app":"$0"}},
      "spec":{"containers":[{"name":"main","image":"$2"$3}]}}}})",
      name, replicas, image, more);
}

inline std::string DeploymentWithoutReplicas(const std::string& name) {
  std::string text = DeploymentText(name, 1);
  const std::string replicas = R"("replicas":1,)";
  return text.erase(text.find(replicas), replicas.size());
}

inline std::string ServiceText(const std::string& name) {
  return absl::Substitute(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"$0","namespace":"default"},
      "spec":{"selector":{"app":"$0"},"ports":[{"port":80}]}})",
      name);
}

}  // namespace weft::local
