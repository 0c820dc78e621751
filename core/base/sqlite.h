#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

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
class Database {
 public:
  // Opens or makes the file at `path`. FAILED_PRECONDITION: not a database, or a newer schema than
  // `schema_version`. UNAVAILABLE: cannot be opened. A new file gets `schema`, SQL that makes the
  // tables of `schema_version`.
  static absl::StatusOr<Database> Open(const std::string& path, int schema_version,
                                       std::string_view schema);
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
