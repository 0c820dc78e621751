#include "core/scheduler/epochs.h"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

namespace weft::scheduler {

Epochs::Epochs(Options options) : options_(std::move(options)) {}

void Epochs::Join(Watcher watcher) {
  const Clock::time_point now = options_.now();
  std::lock_guard lock(mutex_);
  members_[watcher].heard = now;
}

void Epochs::Contend(Watcher watcher, const std::vector<std::string>& types) {
  {
    std::lock_guard lock(mutex_);
    const auto member = members_.find(watcher);
    if (member == members_.end()) return;
    for (const std::string& type : types) {
      if (!member->second.news.emplace(type, 0).second) continue;  // Named twice.
      member->second.types.push_back(type);
      types_[type].line.push_back(watcher);
    }
  }
  options_.on_news(watcher);
  options_.on_due();
}

void Epochs::Beat(Watcher watcher) {
  const Clock::time_point now = options_.now();
  std::lock_guard lock(mutex_);
  if (const auto member = members_.find(watcher); member != members_.end())
    member->second.heard = now;
}

void Epochs::Leave(Watcher watcher) {
  bool vacated = false;
  {
    std::lock_guard lock(mutex_);
    vacated = LeaveLocked(watcher);
  }
  if (vacated) options_.on_due();
}

// Returns whether there is an epoch to grant now.
bool Epochs::LeaveLocked(Watcher watcher) {
  const auto member = members_.find(watcher);
  if (member == members_.end()) return false;
  bool vacated = false;
  for (const std::string& name : member->second.types) {
    const auto type = types_.find(name);
    std::deque<Watcher>& line = type->second.line;
    if (line.front() == watcher) type->second.held = 0;
    line.erase(std::find(line.begin(), line.end(), watcher));
    if (line.empty()) {
      types_.erase(type);
    } else if (type->second.held == 0) {
      vacated = true;
    }
  }
  members_.erase(member);
  return vacated;
}

std::map<std::string, uint64_t> Epochs::TakeNews(Watcher watcher) {
  std::lock_guard lock(mutex_);
  const auto member = members_.find(watcher);
  if (member == members_.end()) return {};
  return std::exchange(member->second.news, {});
}

uint64_t Epochs::Held(const std::string& type) const {
  std::lock_guard lock(mutex_);
  const auto found = types_.find(type);
  return found == types_.end() ? 0 : found->second.held;
}

void Epochs::Tick() {
  EndOverdue();
  for (const std::string& type : Vacant()) Grant(type);
}

void Epochs::EndOverdue() {
  const Clock::time_point now = options_.now();
  std::vector<Watcher> overdue;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [watcher, member] : members_) {
      if (now - member.heard >= kSilence) overdue.push_back(watcher);
    }
    for (const Watcher watcher : overdue) LeaveLocked(watcher);
  }
  for (const Watcher watcher : overdue) options_.on_overdue(watcher);
}

std::vector<std::string> Epochs::Vacant() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> vacant;
  for (const auto& [name, type] : types_) {
    if (type.held == 0) vacant.push_back(name);
  }
  return vacant;
}

void Epochs::Grant(const std::string& type) {
  const absl::StatusOr<uint64_t> epoch = options_.advance(type);
  if (!epoch.ok()) {
    spdlog::error("msg=\"cannot grant an epoch\" type={} error=\"{}\"", type,
                  std::string(epoch.status().message()));
    return;
  }
  Watcher holder = 0;
  {
    std::lock_guard lock(mutex_);
    const auto found = types_.find(type);
    if (found == types_.end()) return;  // All have left: nobody ever holds this epoch.
    found->second.held = *epoch;
    holder = found->second.line.front();
    members_.at(holder).news[type] = *epoch;
  }
  options_.on_news(holder);
}

}  // namespace weft::scheduler
