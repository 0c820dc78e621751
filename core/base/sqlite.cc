#include "core/base/sqlite.h"

#include <cerrno>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::sqlite {
namespace {

constexpr int kBusyMilliseconds = 5000;

bool IsFull(sqlite3* db, int code) {
  if (code == SQLITE_FULL) return true;
  const int error = sqlite3_system_errno(db);
  return code == SQLITE_IOERR && (error == ENOSPC || error == EDQUOT);
}

absl::Status MakeError(sqlite3* db, std::string_view what) {
  if (db == nullptr) return absl::ResourceExhaustedError("SQLite has no memory");
  const char* name = sqlite3_db_filename(db, "main");
  const std::string path = name == nullptr ? "a database" : name;
  const int code = sqlite3_errcode(db) & 0xff;  // Without what extended codes add.
  const std::string message = absl::StrCat(path, ": ", absl::string_view(what.data(), what.size()),
                                           ": ", sqlite3_errmsg(db));
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
    return absl::DataLossError(absl::StrCat(path, " is damaged (", sqlite3_errmsg(db),
                                            "). It is left as it is: restore a backup of it"));
  }
  if (IsFull(db, code)) return absl::ResourceExhaustedError(message);
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_CANTOPEN)
    return absl::UnavailableError(message);
  return absl::InternalError(message);
}

// Also for reading alone: what a dead process left has to be recovered.
absl::StatusOr<sqlite3*> OpenFile(const std::string& path, int flags) {
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &db,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | flags, nullptr);
  if (opened == SQLITE_OK) {
    sqlite3_busy_timeout(db, kBusyMilliseconds);
    return db;
  }
  absl::Status error = MakeError(db, "open");
  sqlite3_close_v2(db);
  return error;
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

absl::StatusOr<int64_t> Database::SchemaVersion() {
  WEFT_ASSIGN_OR_RETURN(Statement version, Prepare("PRAGMA user_version"));
  WEFT_RETURN_IF_ERROR(version.Step().status());
  return version.Integer(0);
}

absl::StatusOr<Database> Database::Open(const std::string& path,
                                        absl::Span<const std::string_view> migrations) {
  // SQLite would make it readable for everybody. Closing one that is not new would drop the locks
  // that this process has on it; its rights are changed by name, as it may be of an older version.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  for (const char* file : {"", "-wal", "-shm"})
    if (fd < 0) chmod(absl::StrCat(path, file).c_str(), 0600);
  WEFT_ASSIGN_OR_RETURN(sqlite3* const raw, OpenFile(path, SQLITE_OPEN_CREATE));
  Database db(raw);
  WEFT_RETURN_IF_ERROR(db.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
  const auto newest = static_cast<int64_t>(migrations.size());
  WEFT_ASSIGN_OR_RETURN(int64_t found, db.SchemaVersion());
  while (found < newest) {
    WEFT_RETURN_IF_ERROR(db.Transact([&]() -> absl::Status {
      WEFT_ASSIGN_OR_RETURN(found, db.SchemaVersion());  // Another process may have been here.
      if (found >= newest) return absl::OkStatus();
      WEFT_RETURN_IF_ERROR(db.Execute(std::string(migrations[static_cast<size_t>(found)])));
      return db.Execute(absl::StrCat("PRAGMA user_version=", ++found));
    }));
  }
  if (found > newest) {
    return absl::FailedPreconditionError(absl::StrCat(path, " has schema version ", found,
                                                      "; this program knows ", newest,
                                                      ": use the version of Weft that wrote it"));
  }
  return db;
}

absl::StatusOr<int64_t> Database::Copy(const std::string& path, const std::string& to) {
  if (access(path.c_str(), F_OK) != 0) return absl::NotFoundError(absl::StrCat("no ", path));
  WEFT_ASSIGN_OR_RETURN(sqlite3* const raw, OpenFile(path, 0));
  {
    Database db(raw);
    WEFT_ASSIGN_OR_RETURN(Statement copy, db.Prepare("VACUUM INTO CAST(?1 AS TEXT)"));
    WEFT_RETURN_IF_ERROR(copy.Bind(1, to).Run());
  }
  WEFT_ASSIGN_OR_RETURN(sqlite3* const copied, OpenFile(to, 0));
  return Database(copied).SchemaVersion();
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
