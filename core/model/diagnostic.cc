#include "core/model/diagnostic.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace weft::model {
namespace {

// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`, letters' case
// not counted (optimal string alignment).
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

bool HasError(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

std::string Nearest(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string wanted = absl::AsciiStrToLower(name);
  std::string nearest;
  size_t nearest_distance = 0;
  for (const std::string& candidate : candidates) {
    // One slip in three letters, so that "cpu" is not taken for "gpus" nor "a" for "b".
    const size_t allowed = std::min<size_t>(3, std::max(name.size(), candidate.size()) / 3);
    const size_t difference = name.size() > candidate.size() ? name.size() - candidate.size()
                                                             : candidate.size() - name.size();
    if (difference > allowed) continue;
    const size_t distance = Distance(wanted, absl::AsciiStrToLower(candidate));
    if (distance > allowed || (!nearest.empty() && distance >= nearest_distance)) continue;
    nearest = candidate;
    nearest_distance = distance;
  }
  return nearest;
}

}  // namespace weft::model
