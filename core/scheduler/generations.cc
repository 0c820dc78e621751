#include "core/scheduler/generations.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

// 256 of them: few enough to cost nothing, enough that passes seldom meet.
std::string KeyOf(const std::string& object_key) {
  return store::GenerationKey(json::Sha256(object_key).substr(sizeof("sha256:") - 1, 2));
}

struct Highest {
  std::optional<std::string> bytes;  // As stored.
  uint64_t generation = 0;
};

absl::StatusOr<Highest> ReadHighest(const std::string& key, store::Store& store) {
  Highest highest;
  absl::StatusOr<std::string> bytes = store.Get(key);
  if (absl::IsNotFound(bytes.status())) return highest;
  if (!bytes.ok()) return bytes.status();
  if (!absl::SimpleAtoi(*bytes, &highest.generation))
    return absl::DataLossError(absl::StrCat("the stored ", key, " cannot be read"));
  highest.bytes = *std::move(bytes);
  return highest;
}

}  // namespace

absl::StatusOr<uint64_t> FirstGeneration(const std::string& key, store::Store& store,
                                         store::Transaction& transaction) {
  WEFT_ASSIGN_OR_RETURN(const Highest highest, ReadHighest(KeyOf(key), store));
  transaction.Expect(KeyOf(key), highest.bytes);
  return highest.generation + 1;
}

absl::Status RememberGenerations(const std::map<std::string, uint64_t>& last, store::Store& store,
                                 store::Transaction& transaction) {
  std::map<std::string, uint64_t> by_key;
  for (const auto& [object, generation] : last) {
    uint64_t& highest = by_key[KeyOf(object)];
    highest = std::max(highest, generation);
  }
  for (const auto& [key, generation] : by_key) {
    WEFT_ASSIGN_OR_RETURN(const Highest highest, ReadHighest(key, store));
    if (highest.generation >= generation) continue;
    transaction.Expect(key, highest.bytes);
    transaction.Put(key, absl::StrCat(generation));
  }
  return absl::OkStatus();
}

}  // namespace weft::scheduler
