#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "core/base/json.h"
#include "runtime/base/board.h"
#include "weft/runtime/v1/runtime.pb.h"

namespace weft::fakes {

// A platform in memory on which everything happens at once: what is applied is there, a
// Deployment's pods are ready, what is deleted is gone. Nobody else writes to it. It remembers how
// often each object was made. Thread-safe.
class FakePlatform {
 public:
  // Without `keep_objects` their content is forgotten: then there is room for very many.
  explicit FakePlatform(bool keep_objects);

  // As weft.runtime.v1 says of Apply.
  void Apply(const runtime::v1::AppliedObject& object, bool dry_run,
             runtime::v1::ApplyResponse::Result& result);
  // An object that is not there is a success.
  void Delete(const common::v1::ObjectRef& ref);

  runtime::Board& board() { return board_; }

  // By runtime::KeyOf, also those that are gone: {"generation", "owner", "made": how often,
  // "there": whether, "object": as applied last, with `keep_objects`}.
  json::object Dump() const;

 private:
  struct Object {
    uint64_t generation = 0;
    std::string owner;
    std::string json;
    int made = 0;
    bool there = false;
  };

  const bool keep_objects_;
  mutable std::mutex mutex_;
  std::map<std::string, Object> objects_;
  runtime::Board board_;
};

}  // namespace weft::fakes
