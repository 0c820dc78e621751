#include "tests/bench/report.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"

namespace weft::bench {
namespace {

constexpr int kOutstanding[] = {1, 16, 64};

std::string Ratio(const std::string& name, const Figures& figures, const Figures& to) {
  return absl::StrFormat(R"(,"ratio_to_%s":{"p50":%.2f,"p99":%.2f,"rate":%.3f})", name,
                         figures.p50_us / to.p50_us, figures.p99_us / to.p99_us,
                         figures.rate_per_s / to.rate_per_s);
}

}  // namespace

absl::StatusOr<Series> Run(const std::string& name, const StartCall& start,
                           const std::map<std::string, Series>& references) {
  Series series;
  for (const int outstanding : kOutstanding) {
    WEFT_ASSIGN_OR_RETURN(const Figures figures, Measure({.outstanding = outstanding}, start));
    series[outstanding] = figures;
    std::cout << absl::StrFormat(
        R"({"bench":"%s","outstanding":%d,"p50_us":%.1f,"p99_us":%.1f,"rate_per_s":%.0f,)"
        R"("allocations_per_call":%.1f)",
        name, outstanding, figures.p50_us, figures.p99_us, figures.rate_per_s,
        figures.allocations_per_call);
    for (const auto& [reference, of] : references)
      std::cout << Ratio(reference, figures, of.at(outstanding));
    std::cout << "}" << std::endl;
  }
  return series;
}

absl::StatusOr<Folder> Folder::Make() {
  std::string pattern = std::filesystem::temp_directory_path() / "weft-bench-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr)
    return absl::InternalError(absl::StrCat("make ", pattern));
  return Folder(pattern);
}

Folder::~Folder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace weft::bench
