#include "core/base/sqlite.h"

#include <sqlite3.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::sqlite {
namespace {

absl::Status MakeError(sqlite3* db, std::string_view what) {
  const int code = db == nullptr ? SQLITE_NOMEM : sqlite3_errcode(db);
  const std::string message = absl::StrCat(absl::string_view(what.data(), what.size()), ": ",
                                           db == nullptr ? "no memory" : sqlite3_errmsg(db));
  switch (code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return absl::DataLossError(message);
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
      return absl::UnavailableError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}
Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::Bind(int index, std::string_view bytes) {
  // Never a null pointer, which SQLite would bind as NULL.
  sqlite3_bind_blob(statement_, index, bytes.empty() ? "" : bytes.data(),
                    static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::Bind(int index, int64_t number) {
  sqlite3_bind_int64(statement_, index, number);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return MakeError(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
  }
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> row = Step();
  while (row.ok() && *row) row = Step();
  Reset();
  return row.status();
}

void Statement::Reset() { sqlite3_reset(statement_); }

std::string Statement::Text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  return bytes == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(bytes),
                           static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

int64_t Statement::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

Database::Database(Database&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
Database::~Database() { sqlite3_close_v2(db_); }

absl::Status Database::Error(std::string_view what) const { return MakeError(db_, what); }

absl::StatusOr<Database> Database::Open(const std::string& path, int schema_version,
                                        std::string_view schema) {
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database db(raw);
  if (opened != SQLITE_OK) return db.Error(absl::StrCat("open ", path));
  sqlite3_busy_timeout(raw, 5000);
  WEFT_RETURN_IF_ERROR(db.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
  int64_t found = 0;
  {
    WEFT_ASSIGN_OR_RETURN(Statement version, db.Prepare("PRAGMA user_version"));
    WEFT_RETURN_IF_ERROR(version.Step().status());
    found = version.Integer(0);
  }
  if (found == 0) {
    WEFT_RETURN_IF_ERROR(db.Transact([&]() -> absl::Status {
      WEFT_RETURN_IF_ERROR(db.Execute(std::string(schema)));
      return db.Execute(absl::StrCat("PRAGMA user_version=", schema_version));
    }));
  } else if (found != schema_version) {
    return absl::FailedPreconditionError(absl::StrCat(path, " has schema version ", found,
                                                      "; this program knows ", schema_version,
                                                      ": use the version of Weft that wrote it"));
  }
  return db;
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    return Error(absl::StrCat("prepare ", absl::string_view(sql.data(), sql.size())));
  }
  return Statement(statement);
}

absl::Status Database::Execute(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return Error(sql);
  return absl::OkStatus();
}

}  // namespace weft::sqlite
