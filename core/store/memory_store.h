#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/store/store.h"

namespace weft::store {

// A store that forgets: for tests of what stands above.
class MemoryStore final : public Store {
 public:
  absl::StatusOr<std::string> Get(const std::string& key) override;
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(const std::string& prefix,
                                                                        const std::string& after,
                                                                        int64_t limit) override;
  absl::Status Commit(Transaction transaction) override;
  void CommitLater(Transaction transaction, absl::Duration within) override;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> values_;
};

}  // namespace weft::store
