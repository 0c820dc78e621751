#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace weft {

// Keys that wait for a worker, each in a group, in an order that is fair: groups take turns,
// however many keys each has, and a group's keys come in the order in which they were added. Urgent
// ones come first, but for one other after every kUrgentInARow. Not thread-safe.
class ReadyKeys {
 public:
  static constexpr int kUrgentInARow = 4;

  void Add(const std::string& group, const std::string& key, bool urgent);
  // Takes the next one out; nothing if there is none.
  struct Taken {
    std::string key;
    bool urgent = false;
  };
  std::optional<Taken> Take();
  bool empty() const { return urgent_.turns.empty() && others_.turns.empty(); }

 private:
  struct Lane {
    std::deque<std::string> turns;  // Groups that have keys, the next one first.
    std::unordered_map<std::string, std::deque<std::string>> keys;  // By group.
  };
  static std::string TakeFrom(Lane& lane);

  Lane urgent_, others_;
  int urgent_in_a_row_ = 0;
};

}  // namespace weft
