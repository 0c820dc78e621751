#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/status.h"
#include "core/store/keys.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

// The last epoch of a type, as it is stored.
namespace weft::scheduler {

// The value of store::EpochKey: what a transaction expects that counts only while no later epoch
// was granted.
inline std::string EpochBytes(uint64_t epoch) {
  store::v1::EpochRecord record;
  record.set_epoch(epoch);
  return record.SerializeAsString();
}

// Stores the next epoch of the type and returns it when it is durable. ABORTED: another one was
// stored meanwhile.
inline absl::StatusOr<uint64_t> AdvanceEpoch(const std::string& type, store::Store& store) {
  const std::string key = store::EpochKey(type);
  const absl::StatusOr<std::string> bytes = store.Get(key);
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
  store::v1::EpochRecord record;
  if (bytes.ok() && !record.ParseFromString(*bytes))
    return absl::DataLossError("the stored " + key + " cannot be read");
  store::Transaction transaction;
  transaction.Expect(key, bytes.ok() ? std::optional(*bytes) : std::nullopt);
  transaction.Put(key, EpochBytes(record.epoch() + 1));
  WEFT_RETURN_IF_ERROR(store.Commit(std::move(transaction)));
  return record.epoch() + 1;
}

}  // namespace weft::scheduler
