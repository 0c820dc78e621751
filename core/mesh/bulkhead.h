#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace weft::mesh {

// Lets so many calls of one provider run at once and the others wait for their turn: users' first,
// in the order in which they came, and then background work.
//
// Of the turns that come up while both wait, background work gets one in kUsersInARow + 1, so that
// it goes on under any load of users, as long as calls end. It waits without limit, since whoever
// asks has at most one call for an instance. Users' calls are refused rather than kept waiting
// behind kWaitingApplications others: what counts are applications, so that one with many instances
// is never refused for its own sake.
//
// Thread-safe. Calls run in the thread that enters or that leaves, never under the lock.
class Bulkhead {
 public:
  enum class Kind { kUser, kBackground };
  static constexpr size_t kWaitingApplications = 64;
  static constexpr int kUsersInARow = 7;

  // At least 1 in flight.
  explicit Bulkhead(int in_flight) : in_flight_(in_flight) {}

  // Runs `call` now or when its turn comes. It must not block, and ends with exactly one Leave,
  // maybe before it returns. False: it will not be run.
  bool Enter(Kind kind, const std::string& application, std::function<void()> call);
  void Leave();

 private:
  struct Waiting {
    std::string application;
    std::function<void()> call;
  };

  std::function<void()> NextLocked();

  const int in_flight_;
  std::mutex mutex_;
  int running_ = 0;
  bool starting_ = false;  // A thread starts what waits; the others leave that to it.
  int users_in_a_row_ = 0;
  std::deque<Waiting> users_;
  std::deque<Waiting> background_;
  std::map<std::string, int> waiting_;  // Users' calls, by application.
};

}  // namespace weft::mesh
