#include "core/store/sqlite_store.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <spdlog/spdlog.h>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/sqlite.h"
#include "core/base/status.h"

namespace weft::store {
namespace {

constexpr std::string_view kMigrations[] = {
    "CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    // Values are of a few KB. WITHOUT ROWID they stand in the inner pages of the tree too, which
    // then lead to few others: with very many entries it is deep, and a write touches many pages.
    // Source: SQLite, "The WITHOUT ROWID Optimization", which advises against it from 1/20 of a
    // page.
    "CREATE TABLE moved(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL);"
    "INSERT INTO moved SELECT key, value FROM entries ORDER BY key;"
    "DROP TABLE entries;"
    "ALTER TABLE moved RENAME TO entries",
};

constexpr absl::Duration kLongestWait = absl::Hours(24);
// KiB of pages, half of what SQLite keeps by itself: the system has them too. Whatever the writer
// commits empties the reader's cache, so that a larger one takes memory and saves nothing.
constexpr char kWriterCache[] = "PRAGMA cache_size=-1000";
constexpr char kReaderCache[] = "PRAGMA cache_size=-512";

// The prepared statements of one connection.
struct Connection {
  sqlite::Database database;
  sqlite::Statement get, list, put, erase;

  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path) {
    WEFT_ASSIGN_OR_RETURN(sqlite::Database database, sqlite::Database::Open(path, kMigrations));
    WEFT_ASSIGN_OR_RETURN(sqlite::Statement get,
                          database.Prepare("SELECT value FROM entries WHERE key=?1"));
    WEFT_ASSIGN_OR_RETURN(
        sqlite::Statement list,
        database.Prepare("SELECT key, value FROM entries WHERE key>=?1 ORDER BY key LIMIT ?2"));
    WEFT_ASSIGN_OR_RETURN(sqlite::Statement put,
                          database.Prepare("INSERT INTO entries VALUES(?1,?2) ON CONFLICT(key) DO "
                                           "UPDATE SET value=excluded.value"));
    WEFT_ASSIGN_OR_RETURN(sqlite::Statement erase,
                          database.Prepare("DELETE FROM entries WHERE key=?1"));
    return std::unique_ptr<Connection>(new Connection{
        std::move(database), std::move(get), std::move(list), std::move(put), std::move(erase)});
  }

  absl::StatusOr<std::optional<std::string>> Get(const std::string& key) {
    absl::StatusOr<bool> row = get.Bind(1, key).Step();
    std::optional<std::string> value;
    if (row.ok() && *row) value = get.Text(0);
    get.Reset();
    WEFT_RETURN_IF_ERROR(row.status());
    return value;
  }
};

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Connection> reader, std::unique_ptr<Connection> writer)
      : reader_(std::move(reader)), writer_(std::move(writer)), thread_([this] { Write(); }) {}

  ~SqliteStore() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  absl::StatusOr<std::string> Get(const std::string& key) override {
    std::lock_guard lock(read_mutex_);
    WEFT_ASSIGN_OR_RETURN(std::optional<std::string> value, reader_->Get(key));
    if (!value.has_value()) return absl::NotFoundError(absl::StrCat("no ", key));
    return *std::move(value);
  }

  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(const std::string& prefix,
                                                                        const std::string& after,
                                                                        int64_t limit) override {
    std::lock_guard lock(read_mutex_);
    std::vector<std::pair<std::string, std::string>> result;
    sqlite::Statement& list = reader_->list;
    // One bound: of two SQLite seeks to the first and reads all between them.
    const std::string first = after < prefix ? prefix : after + '\0';  // The next key there can be.
    list.Bind(1, first).Bind(2, limit > 0 ? limit : int64_t{-1});
    absl::StatusOr<bool> row = list.Step();
    for (; row.ok() && *row; row = list.Step()) {
      std::string key = list.Text(0);
      if (!absl::StartsWith(key, prefix)) break;
      result.emplace_back(std::move(key), list.Text(1));
    }
    list.Reset();
    WEFT_RETURN_IF_ERROR(row.status());
    return result;
  }

  absl::Status Commit(Transaction transaction) override {
    Pending pending{std::move(transaction)};
    std::unique_lock lock(mutex_);
    queue_.push_back(&pending);
    WriteBefore(Clock::now());
    done_.wait(lock, [&] { return pending.done; });
    return pending.status;
  }

  void CommitLater(Transaction transaction, absl::Duration within) override {
    std::lock_guard lock(mutex_);
    later_.push_back(std::make_unique<Pending>(Pending{std::move(transaction)}));
    queue_.push_back(later_.back().get());
    WriteBefore(Clock::now() + absl::ToChronoNanoseconds(std::min(within, kLongestWait)));
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Pending {
    Transaction transaction;
    absl::Status status;
    bool done = false;
  };

  // Of what waits; under mutex_.
  void WriteBefore(Clock::time_point due) {
    if (due >= due_) return;
    due_ = due;
    changed_.notify_all();
  }

  void WaitUntilDue(std::unique_lock<std::mutex>& lock) {
    while (!stopping_ && Clock::now() < due_) {
      if (due_ == Clock::time_point::max()) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, due_);
      }
    }
    due_ = Clock::time_point::max();
  }

  // Takes all that wait into one SQLite transaction: one write to the disk for all of them.
  void Write() {
    std::unique_lock lock(mutex_);
    while (true) {
      WaitUntilDue(lock);
      if (queue_.empty()) return;  // Stopping.
      const std::deque<Pending*> batch = std::exchange(queue_, {});
      std::vector<std::unique_ptr<Pending>> later = std::exchange(later_, {});
      lock.unlock();
      const absl::Status committed = writer_->database.Transact([&]() -> absl::Status {
        for (Pending* pending : batch) {
          pending->status = Apply(pending->transaction);
          if (!pending->status.ok() && !absl::IsAborted(pending->status)) return pending->status;
        }
        return absl::OkStatus();
      });
      if (!committed.ok())
        spdlog::error("msg=\"cannot write the store\" error=\"{}\"",
                      std::string(committed.message()));
      lock.lock();
      for (Pending* pending : batch) {
        if (!committed.ok()) pending->status = committed;
        pending->done = true;
      }
      done_.notify_all();
    }
  }

  // ABORTED leaves nothing of `transaction` behind: conditions are checked before the first write.
  absl::Status Apply(const Transaction& transaction) {
    for (const Transaction::Condition& condition : transaction.conditions) {
      WEFT_ASSIGN_OR_RETURN(std::optional<std::string> value, writer_->Get(condition.key));
      if (value != condition.value)
        return absl::AbortedError(absl::StrCat(condition.key, " changed meanwhile"));
    }
    for (const auto& [key, value] : transaction.puts)
      WEFT_RETURN_IF_ERROR(writer_->put.Bind(1, key).Bind(2, value).Run());
    for (const std::string& key : transaction.deletes)
      WEFT_RETURN_IF_ERROR(writer_->erase.Bind(1, key).Run());
    return absl::OkStatus();
  }

  std::mutex read_mutex_;
  const std::unique_ptr<Connection> reader_;
  const std::unique_ptr<Connection> writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable done_;
  std::deque<Pending*> queue_;
  std::vector<std::unique_ptr<Pending>> later_;  // Those that nobody waits for.
  Clock::time_point due_ =
      Clock::time_point::max();  // When the queue is written; max: it is empty.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer, Connection::Open(path));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> reader, Connection::Open(path));
  WEFT_RETURN_IF_ERROR(writer->database.Execute(kWriterCache));
  WEFT_RETURN_IF_ERROR(reader->database.Execute(kReaderCache));
  return std::make_unique<SqliteStore>(std::move(reader), std::move(writer));
}

}  // namespace weft::store
