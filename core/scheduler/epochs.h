#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weft::scheduler {

// Which of the watchers of a type may act for it. They stand in line in the order in which they
// came; the first holds the epoch until it leaves or is silent for too long, then the next gets a
// higher one. Nothing is held before it was stored, so that epochs only grow, also over restarts.
// Source: weft.core.v1.Instances.Watch.
//
// Thread-safe; only Tick blocks.
class Epochs {
 public:
  using Watcher = uint64_t;
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kSilence{10};  // Without a heartbeat.

  // The functions are called from any thread, without a lock of this object; they must not block,
  // but for `advance`.
  struct Options {
    std::function<Clock::time_point()> now;
    // Stores the next epoch of the type and returns it when it is durable.
    std::function<absl::StatusOr<uint64_t>(const std::string& type)> advance;
    // There is something for TakeNews.
    std::function<void(Watcher)> on_news;
    // The watcher was silent for too long and has left.
    std::function<void(Watcher)> on_overdue;
    // There is something for Tick to do now.
    std::function<void()> on_due;
  };
  explicit Epochs(Options options);

  // A watcher came, under a number that nobody had before. It is as if it had sent a heartbeat.
  void Join(Watcher watcher);
  // It stands in line for `types` and hears at once that it stands by. Once for a watcher; nothing,
  // if it has left.
  void Contend(Watcher watcher, const std::vector<std::string>& types);
  void Beat(Watcher watcher);
  // It went, and what it holds ends. Idempotent.
  void Leave(Watcher watcher);

  // What the watcher was not told yet, the latest of each type: the epoch that it holds, or 0.
  std::map<std::string, uint64_t> TakeNews(Watcher watcher);

  // The epoch that somebody holds for the type now; 0: nobody.
  uint64_t Held(const std::string& type) const;

  // Ends the watchers that were silent for too long and grants what nobody holds. Call it when
  // on_due says so and at least every second, also because a grant that could not be stored is
  // tried again; from one thread at a time.
  void Tick();

 private:
  struct Type {
    std::deque<Watcher> line;
    uint64_t held = 0;  // By the first in line; 0: nothing was granted to it yet.
  };
  struct Member {
    Clock::time_point heard;
    std::vector<std::string> types;
    std::map<std::string, uint64_t> news;
  };

  bool LeaveLocked(Watcher watcher);
  void EndOverdue();
  std::vector<std::string> Vacant() const;
  void Grant(const std::string& type);

  const Options options_;
  mutable std::mutex mutex_;
  std::map<Watcher, Member> members_;
  std::map<std::string, Type> types_;  // With a line.
};

}  // namespace weft::scheduler
