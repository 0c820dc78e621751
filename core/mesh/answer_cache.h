#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/mesh/recent_answers.h"
#include "core/mesh/stored_keys.h"
#include "core/store/store.h"
#include "weft/provider/v1/render.pb.h"

namespace weft::mesh {

// Answers to Render calls, kept in the store by what was asked, so that they outlive this process,
// but for those of its last moment if it is killed: for 30 days after their last use, to the day,
// and of the last used as many as have room. For a moment there may be more than `limit` bytes of
// them.
//
// Thread-safe. `store` outlives the object.
class AnswerCache {
 public:
  static constexpr int64_t kLimit = int64_t{1} << 30;   // Bytes: of about 100,000 applications.
  static constexpr int64_t kRecent = int64_t{8} << 20;  // Bytes of those that are in memory too.

  explicit AnswerCache(store::Store& store, int64_t limit = kLimit);
  ~AnswerCache();
  AnswerCache(const AnswerCache&) = delete;
  AnswerCache& operator=(const AnswerCache&) = delete;

  // Begins to drop, in a thread of its own, what is not to be kept any more.
  void Start();

  // The answer that was kept under `key` (store::AnswerKey), if there is one.
  std::optional<provider::v1::RenderResponse> Find(const std::string& key,
                                                   absl::Time now = absl::Now());
  // `response` is used, and afterwards as it was.
  void Keep(const std::string& key, provider::v1::RenderResponse& response,
            absl::Time now = absl::Now());

  // Drops what is not to be kept any more; of too many so many that a quarter of the room is free
  // then. An error is the store's; CANCELLED: the object is being destroyed.
  absl::Status Trim(absl::Time now);

 private:
  void Run();

  store::Store& store_;
  const int64_t limit_;
  RecentAnswers recent_{kRecent};   // Also those that the store does not have yet.
  StoredKeys stored_;               // Complete from the first Trim on, or if there were none.
  std::atomic<int64_t> bytes_ = 0;  // Found by the last Trim, and kept since.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace weft::mesh
