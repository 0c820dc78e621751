#include "core/store/sqlite_store.h"

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
};

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
        database.Prepare(
            "SELECT key, value FROM entries WHERE key>=?1 AND key>?2 ORDER BY key LIMIT ?3"));
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
    list.Bind(1, prefix).Bind(2, after).Bind(3, limit > 0 ? limit : int64_t{-1});
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
    changed_.notify_all();
    done_.wait(lock, [&] { return pending.done; });
    return pending.status;
  }

  void CommitLater(Transaction transaction) override {
    std::lock_guard lock(mutex_);
    later_.push_back(std::make_unique<Pending>(Pending{std::move(transaction)}));
    queue_.push_back(later_.back().get());
    changed_.notify_all();
  }

 private:
  struct Pending {
    Transaction transaction;
    absl::Status status;
    bool done = false;
  };

  // Takes all that wait into one SQLite transaction: one write to the disk for all of them.
  void Write() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
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
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer, Connection::Open(path));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> reader, Connection::Open(path));
  return std::make_unique<SqliteStore>(std::move(reader), std::move(writer));
}

}  // namespace weft::store
