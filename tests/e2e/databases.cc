#include "tests/e2e/databases.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <sqlite3.h>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"

namespace weft::e2e {
namespace {

using Database = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;

// The rows of `query`, each of its columns as escaped text.
absl::StatusOr<std::vector<std::string>> Rows(sqlite3* database, const std::string& query) {
  sqlite3_stmt* raw = nullptr;
  const int prepared = sqlite3_prepare_v2(database, query.c_str(), -1, &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  if (prepared != SQLITE_OK)
    return absl::UnavailableError(absl::StrCat(query, ": ", sqlite3_errmsg(database)));
  std::vector<std::string> rows;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(raw)) == SQLITE_ROW) {
    std::vector<std::string> columns;
    for (int i = 0; i < sqlite3_column_count(raw); ++i) {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw, i));
      const auto size = static_cast<size_t>(sqlite3_column_bytes(raw, i));
      columns.push_back(bytes == nullptr ? "" : std::string(bytes, size));
    }
    std::string row;
    for (const std::string& column : columns) absl::StrAppend(&row, absl::CEscape(column), "|");
    rows.push_back(std::move(row));
  }
  if (step != SQLITE_DONE)
    return absl::UnavailableError(absl::StrCat(query, ": ", sqlite3_errmsg(database)));
  return rows;
}

}  // namespace

absl::StatusOr<std::string> DumpDatabase(const std::string& path) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  const Database database(raw, sqlite3_close);
  if (opened != SQLITE_OK)
    return absl::UnavailableError(absl::StrCat("open ", path, ": ", sqlite3_errmsg(raw)));
  sqlite3_busy_timeout(raw, 5000);
  WEFT_ASSIGN_OR_RETURN(
      const std::vector<std::string> tables,
      Rows(raw, "SELECT name FROM sqlite_master WHERE type='table' ORDER BY name"));
  std::string dump;
  for (const std::string& table : tables) {
    const std::string name = table.substr(0, table.size() - 1);
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> rows,
                          Rows(raw, absl::StrCat("SELECT * FROM ", name, " ORDER BY 1, 2")));
    for (const std::string& row : rows) absl::StrAppend(&dump, name, "|", row, "\n");
  }
  return dump;
}

std::string Difference(const std::string& before, const std::string& after) {
  const std::multiset<absl::string_view> old = absl::StrSplit(before, '\n');
  const std::multiset<absl::string_view> now = absl::StrSplit(after, '\n');
  std::vector<absl::string_view> gone, come;
  std::set_difference(old.begin(), old.end(), now.begin(), now.end(), std::back_inserter(gone));
  std::set_difference(now.begin(), now.end(), old.begin(), old.end(), std::back_inserter(come));
  std::string text;
  for (const absl::string_view line : gone) absl::StrAppend(&text, "- ", line, "\n");
  for (const absl::string_view line : come) absl::StrAppend(&text, "+ ", line, "\n");
  return text;
}

}  // namespace weft::e2e
