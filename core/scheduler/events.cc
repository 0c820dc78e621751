#include "core/scheduler/events.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using store::v1::EventRecord;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kGather(100);  // From the first event to the write.
constexpr absl::Duration kSweepEvery = absl::Hours(1);
constexpr size_t kApplicationsAtOnce = 64;  // In one transaction.
constexpr int64_t kSecond = 1000000;        // In microseconds.

// What is stored of an application's events. Adds to `unreadable` the keys of what cannot be read.
absl::StatusOr<EventLog> ReadLog(store::Store& store, const std::string& ns,
                                 const std::string& name, std::vector<std::string>& unreadable) {
  WEFT_ASSIGN_OR_RETURN(const auto entries, store.List(store::EventPrefix(ns, name)));
  EventLog log;
  for (const auto& [key, bytes] : entries) {
    EventRecord event;
    if (event.ParseFromString(bytes)) {
      log.Add(event);
    } else {
      unreadable.push_back(key);
    }
  }
  return log;
}

absl::StatusOr<bool> Has(store::Store& store, const std::string& key) {
  const absl::StatusOr<std::string> bytes = store.Get(key);
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
  return bytes.ok();
}

// Puts what happened since into `transaction`; nothing, where neither the application is there nor
// a departure that its events would go with.
absl::Status PutEvents(const std::string& application, const EventLog& since, store::Store& store,
                       store::Transaction& transaction) {
  const auto [ns, name] = SplitApplicationKey(application);
  WEFT_ASSIGN_OR_RETURN(bool kept, Has(store, store::ApplicationKey(ns, name)));
  if (!kept) {
    WEFT_ASSIGN_OR_RETURN(kept, Has(store, store::DepartureKey(ns, name)));
  }
  if (!kept) return absl::OkStatus();
  std::vector<std::string> dropped;
  WEFT_ASSIGN_OR_RETURN(const EventLog before, ReadLog(store, ns, name, dropped));
  EventLog after = before;
  after.Merge(since);
  for (const auto& [id, event] : before.by_id()) {
    if (!after.by_id().contains(id)) dropped.push_back(store::EventKey(ns, name, id));
  }
  for (const auto& [id, event] : after.by_id()) {
    const auto known = before.by_id().find(id);
    if (known == before.by_id().end() || known->second.count() != event.count())
      transaction.Put(store::EventKey(ns, name, id), event.SerializeAsString());
  }
  for (std::string& key : dropped) transaction.Delete(std::move(key));
  return absl::OkStatus();
}

// An application that is gone, with events left.
struct Departure {
  std::string ns, name, bytes;
  int64_t unix_ms = 0;
};

// The last first.
absl::StatusOr<std::vector<Departure>> ReadDepartures(store::Store& store) {
  WEFT_ASSIGN_OR_RETURN(const auto entries, store.List(store::kDepartures));
  std::vector<Departure> departures;
  for (const auto& [key, bytes] : entries) {
    Departure& departure = departures.emplace_back();
    std::tie(departure.ns, departure.name) =
        SplitApplicationKey(key.substr(sizeof(store::kDepartures) - 1));
    departure.bytes = bytes;
    if (!absl::SimpleAtoi(bytes, &departure.unix_ms)) departure.unix_ms = 0;
  }
  std::stable_sort(departures.begin(), departures.end(),
                   [](const auto& a, const auto& b) { return a.unix_ms > b.unix_ms; });
  return departures;
}

// Drops the events of an application that has not come back.
absl::Status DropEvents(const Departure& departure, store::Store& store,
                        store::Transaction& transaction) {
  const std::string key = store::DepartureKey(departure.ns, departure.name);
  WEFT_ASSIGN_OR_RETURN(const auto entries,
                        store.List(store::EventPrefix(departure.ns, departure.name)));
  transaction.Expect(store::ApplicationKey(departure.ns, departure.name), std::nullopt);
  transaction.Expect(key, departure.bytes);
  transaction.Delete(key);
  for (const auto& [event, bytes] : entries) transaction.Delete(event);
  return absl::OkStatus();
}

}  // namespace

Events::Events(store::Store& store, std::function<absl::Time()> now)
    : store_(store), now_(std::move(now)) {}

Events::~Events() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Flush().IgnoreError();
  }
}

void Events::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Events::Run() {
  Clock::time_point next = Clock::now();
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    wake_.wait_for(lock, absl::ToChronoSeconds(kSweepEvery),
                   [this] { return stopping_ || !pending_.empty(); });
    wake_.wait_until(lock, std::max(next, Clock::now() + kGather), [this] { return stopping_; });
    last = stopping_;
    lock.unlock();
    Flush().IgnoreError();  // The store says what is wrong; it is tried again.
    next = Clock::now() + absl::ToChronoMilliseconds(kWriteEvery);
    lock.lock();
  }
}

void Events::Record(const std::string& application, EventRecord event) {
  std::lock_guard lock(mutex_);
  // No two at the same time, so that they have an order; but a clock that is put back is believed.
  int64_t unix_us = absl::ToUnixMicros(now_());
  if (unix_us <= last_unix_us_ && unix_us > last_unix_us_ - kSecond) unix_us = last_unix_us_ + 1;
  last_unix_us_ = unix_us;
  event.set_first_unix_us(unix_us);
  event.set_last_unix_us(unix_us);
  departed_ |= event.reason() == events::kDeleted.name;
  pending_[application].Add(event);
  wake_.notify_all();
}

absl::StatusOr<std::vector<EventRecord>> Events::Read(const std::string& ns,
                                                      const std::string& name) {
  std::lock_guard store_lock(store_mutex_);
  std::vector<std::string> unreadable;
  WEFT_ASSIGN_OR_RETURN(EventLog log, ReadLog(store_, ns, name, unreadable));
  {
    std::lock_guard lock(mutex_);
    const auto pending = pending_.find(ApplicationKeyOf(ns, name));
    if (pending != pending_.end()) log.Merge(pending->second);
  }
  if (!log.empty()) return log.InOrder();
  WEFT_ASSIGN_OR_RETURN(const bool exists, Has(store_, store::ApplicationKey(ns, name)));
  if (exists) return std::vector<EventRecord>();
  return absl::NotFoundError(absl::StrCat("there is no application ", name, " in namespace ", ns,
                                          ", and no events of one are kept"));
}

absl::Status Events::Flush() {
  for (bool more = true; more;) WEFT_RETURN_IF_ERROR(WriteSome(more));
  return Sweep();
}

Events::Batch Events::Take() {
  std::lock_guard lock(mutex_);
  Batch batch;
  while (!pending_.empty() && batch.size() < kApplicationsAtOnce)
    batch.insert(pending_.extract(pending_.begin()));
  return batch;
}

absl::Status Events::WriteSome(bool& more) {
  std::lock_guard store_lock(store_mutex_);
  const Batch batch = Take();
  more = batch.size() == kApplicationsAtOnce;
  store::Transaction transaction;
  absl::Status status;
  for (const auto& [application, log] : batch) {
    status = PutEvents(application, log, store_, transaction);
    if (!status.ok()) break;
  }
  if (status.ok() && !(transaction.puts.empty() && transaction.deletes.empty()))
    status = store_.Commit(std::move(transaction));
  if (status.ok()) return status;
  std::lock_guard lock(mutex_);
  for (const auto& [application, log] : batch) pending_[application].Merge(log);
  return status;
}

absl::Status Events::Sweep() {
  std::lock_guard store_lock(store_mutex_);
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(departed_, false)) sweep_at_ = absl::InfinitePast();
  }
  if (now_() < sweep_at_) return absl::OkStatus();
  for (bool more = true; more;) WEFT_RETURN_IF_ERROR(SweepSome(more));
  sweep_at_ = now_() + kSweepEvery;
  return absl::OkStatus();
}

absl::Status Events::SweepSome(bool& more) {
  more = false;
  WEFT_ASSIGN_OR_RETURN(const std::vector<Departure> departures, ReadDepartures(store_));
  const int64_t oldest = absl::ToUnixMillis(now_() - kKeptAfterDeparture);
  store::Transaction transaction;
  size_t dropped = 0;
  for (size_t i = 0; i < departures.size() && !more; ++i) {
    if (i < kDepartedKept && departures[i].unix_ms >= oldest) continue;
    WEFT_RETURN_IF_ERROR(DropEvents(departures[i], store_, transaction));
    more = ++dropped == kApplicationsAtOnce;
  }
  return dropped == 0 ? absl::OkStatus() : store_.Commit(std::move(transaction));
}

}  // namespace weft::scheduler
