#include "core/cli/plan_text.h"

#include <google/protobuf/util/time_util.h>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/cli/text.h"

namespace weft::cli {
namespace {

using core::v1::LeafChange;
using core::v1::ObjectChange;

struct Sign {
  const char* text;
  int color;  // SGR; 0: none.
};

Sign SignOf(ObjectChange::Action action) {
  switch (action) {
    case ObjectChange::ACTION_CREATED:
      return {"+", 32};
    case ObjectChange::ACTION_DELETED:
      return {"-", 31};
    case ObjectChange::ACTION_UPDATED:
      return {"~", 33};
    default:
      return {"=", 0};
  }
}

std::string Painted(const std::string& text, int color) {
  return color == 0 ? text : absl::StrCat("\033[", color, "m", text, "\033[0m");
}

// "front" of the workload default/shop/front, "front/scaler" of its trait
// default/shop/front/example.org/v1.scaler#0.
std::string ShortOwner(const std::string& key) {
  const std::vector<std::string> parts = absl::StrSplit(key, absl::MaxSplits('/', 3));
  if (parts.size() < 3) return key;
  if (parts.size() < 4) return parts[2];
  std::string type = parts[3].substr(0, parts[3].rfind('#'));
  return absl::StrCat(parts[2], "/", type.substr(type.rfind('/') + 1));
}

std::string DescribeOwners(const LeafChange& leaf) {
  std::string before = ShortOwner(leaf.owner_before()), after = ShortOwner(leaf.owner());
  if (before.empty() || before == after) return after;
  if (after.empty()) return before;
  return absl::StrCat(before, " -> ", after);
}

std::string DescribeValues(const LeafChange& leaf) {
  const std::string before = leaf.before().empty() ? "(none)" : leaf.before();
  std::string after = leaf.after().empty() ? "(none)" : leaf.after();
  if (leaf.steered()) absl::StrAppend(&after, " (only to start with: it is steered)");
  return before == after ? before : absl::StrCat(before, " -> ", after);
}

void AppendObject(const ObjectChange& change, bool color, std::string& out) {
  const Sign sign = change.replaced_for().empty() ? SignOf(change.action()) : Sign{"-/+", 31};
  std::string line = absl::StrCat(sign.text, " ", change.ref().kind(), "/", change.ref().name());
  absl::StrAppend(&out, Painted(line, color ? sign.color : 0), "\n");
  if (change.action() == ObjectChange::ACTION_UPDATED) {
    for (const LeafChange& leaf : change.leaves())
      absl::StrAppend(&out, "    ", leaf.pointer(), ": ", DescribeValues(leaf), "  [",
                      DescribeOwners(leaf), "]\n");
  }
  if (!change.replaced_for().empty()) {
    absl::StrAppend(&out, "    is deleted and made anew: the platform does not change ",
                    absl::StrJoin(change.replaced_for(), ", "), "\n");
  }
  for (const std::string& note : change.notes()) absl::StrAppend(&out, "    ", note, "\n");
}

std::string HowItCame(const core::v1::Revision& revision) {
  if (revision.rendered_again()) return "rendered again";
  if (revision.restores() == 0) return "applied";
  return absl::StrCat("rolled back to ", revision.restores());
}

}  // namespace

std::string RenderObjectChanges(const google::protobuf::RepeatedPtrField<ObjectChange>& changes,
                                bool color) {
  if (changes.empty()) return "no object changes\n";
  std::string out, application;
  for (const ObjectChange& change : changes) {
    if (change.application() != application) {
      application = change.application();
      absl::StrAppend(&out, out.empty() ? "" : "\n", application, "\n");
    }
    AppendObject(change, color, out);
  }
  return out;
}

std::string RenderHistory(const core::v1::HistoryResponse& history, absl::Time now) {
  std::vector<std::vector<std::string>> rows = {{"GENERATION", "AGE", "HOW", "COMPONENTS"}};
  for (const core::v1::Revision& revision : history.revisions()) {
    const absl::Time created = absl::FromUnixNanos(
        google::protobuf::util::TimeUtil::TimestampToNanoseconds(revision.created()));
    rows.push_back({absl::StrCat(revision.generation()), FormatAge(now - created),
                    HowItCame(revision),
                    absl::StrJoin(revision.components(), ", ",
                                  [](std::string* text, const core::v1::Revision::Component& c) {
                                    absl::StrAppend(text, c.instance_name(), " (",
                                                    c.component_name(), " ", c.revision(), ")");
                                  })});
  }
  return RenderTable(rows);
}

}  // namespace weft::cli
