#include "core/cli/watched_applications.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cli/listing.h"
#include "core/cli/text.h"

namespace weft::cli {
namespace {

std::string KeyOf(const std::string& name_space, const std::string& name) {
  return absl::StrCat(name_space, "/", name);
}

// All but the age, which is always another.
std::vector<std::string> Ageless(const std::vector<std::string>& row) {
  return {row.begin(), row.end() - 1};
}

}  // namespace

std::string WatchedApplications::Take(const core::v1::WatchAllResponse& message, absl::Time now) {
  if (message.reset()) {
    if (!begun_) {
      waiting_.clear();
      shown_.clear();
    }
    for (const auto& [key, row] : shown_) unseen_.insert(key);
  }
  for (const core::v1::Application& application : message.changed()) {
    Row row = ApplicationRow(application, now);
    const std::string key = KeyOf(application.namespace_(), application.name());
    unseen_.erase(key);
    Row& shown = shown_[key];
    if (!shown.empty() && Ageless(shown) == Ageless(row)) continue;
    shown = row;
    waiting_.push_back(std::move(row));
  }
  for (const auto& gone : message.gone()) Gone(KeyOf(gone.namespace_(), gone.name()));
  if (message.synced()) {
    for (const std::string& key : std::exchange(unseen_, {})) Gone(key);
  }
  if (!begun_ && !message.synced()) return "";
  std::vector<Row> rows = std::exchange(waiting_, {});
  if (!begun_) rows.insert(rows.begin(), ApplicationsHeading());
  begun_ = true;
  return Render(std::move(rows));
}

void WatchedApplications::Gone(const std::string& key) {
  const auto shown = shown_.find(key);
  if (shown == shown_.end()) return;
  waiting_.push_back({shown->second[0], shown->second[1], "GONE", "-", "-", "-", "-"});
  shown_.erase(shown);
}

std::string WatchedApplications::Render(std::vector<Row> rows) {
  if (!namespaces_) {
    for (Row& row : rows) row.erase(row.begin());
  }
  return RenderTable(rows, widths_);
}

}  // namespace weft::cli
