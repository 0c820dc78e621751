#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/object_ref.h"

namespace weft::runtime {

// What a runtime says of one object or pod: weft.runtime.v1.Projection as a plain value.
struct Projection {
  ObjectRef ref;
  std::string owner;
  std::optional<ObjectRef> controller;
  uint64_t generation = 0;
  std::string status = "{}";  // Canonical JSON.
  bool up_to_date = false;
  bool deleting = false;
  std::string digest;

  bool operator==(const Projection&) const = default;
};

struct BoardEvent {
  enum class Type { kChanged, kGone, kSynced };
  Type type = Type::kChanged;
  Projection projection;  // kChanged.
  ObjectRef gone;         // kGone.
  bool complete = false;  // kSynced.
};

// The latest projection of everything, and who watches it. Thread-safe.
class Board {
 public:
  // One watcher. First everything, then kSynced, then every change coalesced to the latest: what a
  // slow watcher has not fetched takes one entry a projection, however often it changes. kSynced
  // comes again when the board becomes complete. Thread-safe. Lives no longer than its board.
  class Subscription {
   public:
    ~Subscription();
    // Nothing: there is no news now; `notify` is called when there is.
    std::optional<BoardEvent> Next();

   private:
    friend class Board;
    Subscription(Board& board, std::function<void()> notify)
        : board_(board), notify_(std::move(notify)) {}
    // The board's lock is held by the callers of these.
    void ChangedLocked(const std::string& key);
    void GoneLocked(const std::string& key);

    Board& board_;
    const std::function<void()> notify_;
    std::set<std::string> initial_;           // Of the first list, not fetched yet.
    std::deque<std::string> order_;           // Changes since, first come first served...
    std::set<std::string> queued_;            // ... each key once.
    std::map<std::string, ObjectRef> known_;  // What the watcher has been told of.
    bool synced_ = false;
    bool told_complete_ = false;
  };

  // `notify` is called from any thread that changes the board, with the board locked: it must not
  // block nor call the board, and never comes after the subscription's destruction.
  std::unique_ptr<Subscription> Subscribe(std::function<void()> notify);

  void Put(Projection projection);
  void Remove(const std::string& key);  // By KeyOf.

  // From now on the absence of an object or pod is believed.
  void SetComplete();

  std::vector<Projection> List(bool& complete) const;

 private:
  void NotifyLocked();

  mutable std::mutex mutex_;
  std::map<std::string, Projection> projections_;  // By key.
  std::set<Subscription*> subscriptions_;
  bool complete_ = false;
};

}  // namespace weft::runtime
