#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/board.h"
#include "runtime/local/object.h"

namespace weft::local {

using runtime::Projection;

// What is known of objects and their pods, put together from what the store and the controllers
// find, and said on a board. Keys are LocalKeys. Thread-safe.
class ObjectBoard {
 public:
  // Where it is said; for watchers.
  runtime::Board& board() { return board_; }

  // The object was accepted: its generation and owner are news, its status is that of before.
  void SetObject(const Object& object);
  // What a controller found for the object's `generation`. Passed over when the object is gone.
  void SetStatus(const std::string& key, uint64_t generation, std::string status, bool up_to_date);
  void RemoveObject(const std::string& key);
  // All pods of one controller; those of before that are not among them are gone.
  void SetPods(const std::string& controller_key, const std::vector<Projection>& pods);

 private:
  runtime::Board board_;
  std::mutex mutex_;  // Held over changes of the board.
  std::map<std::string, Projection> objects_;
  std::map<std::string, std::set<std::string>> pods_of_;  // The board's keys, by controller.
};

}  // namespace weft::local
