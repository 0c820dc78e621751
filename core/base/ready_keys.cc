#include "core/base/ready_keys.h"

#include <utility>

namespace weft {

void ReadyKeys::Add(const std::string& group, const std::string& key, bool urgent) {
  Lane& lane = urgent ? urgent_ : others_;
  std::deque<std::string>& keys = lane.keys[group];
  if (keys.empty()) lane.turns.push_back(group);
  keys.push_back(key);
}

std::optional<ReadyKeys::Taken> ReadyKeys::Take() {
  if (empty()) return std::nullopt;
  const bool urgent =
      others_.turns.empty() || (!urgent_.turns.empty() && urgent_in_a_row_ < kUrgentInARow);
  urgent_in_a_row_ = urgent ? urgent_in_a_row_ + 1 : 0;
  return Taken{TakeFrom(urgent ? urgent_ : others_), urgent};
}

std::string ReadyKeys::TakeFrom(Lane& lane) {
  std::string group = std::move(lane.turns.front());
  lane.turns.pop_front();
  const auto found = lane.keys.find(group);
  std::string key = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) {
    lane.keys.erase(found);
  } else {
    lane.turns.push_back(std::move(group));
  }
  return key;
}

}  // namespace weft
