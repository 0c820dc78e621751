#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weft::sqlite {

// One prepared statement. Columns count from 0, parameters from 1. Not thread-safe; lives no longer
// than its database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Bind copies. They return *this.
  Statement& Bind(int index, std::string_view bytes);
  Statement& Bind(int index, int64_t number);

  // True: there is a row to read. False: the statement is done.
  absl::StatusOr<bool> Step();
  // Step until done; for statements without rows. Resets, so that it can be bound and run again.
  absl::Status Run();
  void Reset();

  std::string Text(int column) const;
  int64_t Integer(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_;
};

// A SQLite database in WAL mode with synchronous=FULL: what a committed transaction wrote survives
// power loss. Not thread-safe.
//
// Errors, here and of a statement, name the file. RESOURCE_EXHAUSTED: the disk is full; nothing of
// the transaction is kept, and the next one may succeed. DATA_LOSS: the file is damaged, or is no
// database; it is left as it is. UNAVAILABLE: it cannot be opened, or is locked for over 5 s.
class Database {
 public:
  // Opens or makes the file at `path`, for its user alone, and brings it to the newest schema.
  // `migrations` are in their order: the one at N is SQL that makes schema N + 1 of schema N; a new
  // file has schema 0. Each is one transaction, so that whoever opens the file next goes on from
  // where this was cut short, and several processes may do it at once. A migration that was ever
  // released is never changed. FAILED_PRECONDITION: the file has a newer schema.
  static absl::StatusOr<Database> Open(const std::string& path,
                                       absl::Span<const std::string_view> migrations);

  // Makes `to` a whole copy of the database at `path` as it is at one moment, while others read and
  // write it, and returns its schema. NOT_FOUND: there is none. `to` is no file yet, or an empty
  // one.
  static absl::StatusOr<int64_t> Copy(const std::string& path, const std::string& to);

  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;
  ~Database();

  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // Runs statements without parameters and rows.
  absl::Status Execute(const std::string& sql);
  // Runs `body` between BEGIN IMMEDIATE and COMMIT; rolls back if it or the commit fails.
  template <typename Body>
  absl::Status Transact(Body body);

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  absl::StatusOr<int64_t> SchemaVersion();
  absl::Status Error(std::string_view what) const;
  sqlite3* db_;
};

template <typename Body>
absl::Status Database::Transact(Body body) {
  if (absl::Status begun = Execute("BEGIN IMMEDIATE"); !begun.ok()) return begun;
  absl::Status status = body();
  if (status.ok()) status = Execute("COMMIT");
  if (!status.ok()) Execute("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace weft::sqlite
