#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "runtime/base/board.h"

namespace weft::kubernetes {

// Puts what is heard of objects onto the board in the order of their resourceVersions: from the
// watch of each kind, which tells everything in order, and from answers to applies, which may be
// ahead of it. Thread-safe.
class Observations {
 public:
  explicit Observations(runtime::Board& board) : board_(board) {}

  // The board is not complete before the kind was listed.
  void Expect(const std::string& api_version, const std::string& kind);

  // From the watch or list of its kind.
  void Watched(runtime::Projection projection, uint64_t version);
  void WatchedGone(const runtime::ObjectRef& ref, uint64_t version);
  // All of one kind was Watched since the list began, as of `version`: what is not in `keys` (of
  // runtime::KeyOf) was gone by then.
  void Listed(const std::string& api_version, const std::string& kind,
              const std::set<std::string>& keys, uint64_t version);

  // From an answer to an apply. Passed over when the watch has told of later.
  void Applied(runtime::Projection projection, uint64_t version);

  // True: the kind was listed and the object is not there, as far as is known.
  bool SeemsAbsent(const runtime::ObjectRef& ref) const;

 private:
  struct Kind {
    bool listed = false;
    uint64_t version = 0;                      // Up to which the watch has told everything.
    std::map<std::string, uint64_t> versions;  // Of what is there, by key.
  };
  static std::string KindKey(const std::string& api_version, const std::string& kind);
  void PutLocked(Kind& kind, runtime::Projection projection, uint64_t version);

  runtime::Board& board_;
  mutable std::mutex mutex_;
  std::map<std::string, Kind> kinds_;
};

}  // namespace weft::kubernetes
