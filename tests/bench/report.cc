#include "tests/bench/report.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"

namespace weft::bench {
namespace {

constexpr int kOutstanding[] = {1, 16, 64};
constexpr int kRounds = 5;
constexpr std::chrono::milliseconds kWarmUp{100}, kDuration{400};

using Figure = double Figures::*;

double Middle(const std::vector<Figures>& rounds, Figure figure) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const Figures& round : rounds) values.push_back(round.*figure);
  return Median(std::move(values));
}

// What each round of `rounds` is to the same one of `to`.
std::string Ratio(const std::string& name, const std::vector<Figures>& rounds,
                  const std::vector<Figures>& to) {
  const auto ratio = [&](Figure figure) {
    std::vector<double> ratios;
    ratios.reserve(rounds.size());
    for (size_t i = 0; i < rounds.size(); ++i)
      ratios.push_back(rounds[i].*figure / (to[i].*figure));
    return Median(std::move(ratios));
  };
  return absl::StrFormat(R"(,"ratio_to_%s":{"p50":%.2f,"p99":%.2f,"rate":%.3f})", name,
                         ratio(&Figures::p50_us), ratio(&Figures::p99_us),
                         ratio(&Figures::rate_per_s));
}

absl::Status RunWith(int outstanding, const std::string& name, const StartCall& start,
                     const std::vector<Reference>& references) {
  const Load load = {.outstanding = outstanding, .warmup = kWarmUp, .duration = kDuration};
  std::vector<Figures> rounds;
  std::map<std::string, std::vector<Figures>> of_references;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& [reference, call] : references) {
      WEFT_ASSIGN_OR_RETURN(const Figures figures, Measure(load, call));
      of_references[reference].push_back(figures);
    }
    WEFT_ASSIGN_OR_RETURN(const Figures figures, Measure(load, start));
    rounds.push_back(figures);
  }
  std::cout << absl::StrFormat(
      R"({"bench":"%s","outstanding":%d,"p50_us":%.1f,"p99_us":%.1f,"rate_per_s":%.0f,)"
      R"("allocations_per_call":%.1f)",
      name, outstanding, Middle(rounds, &Figures::p50_us), Middle(rounds, &Figures::p99_us),
      Middle(rounds, &Figures::rate_per_s), Middle(rounds, &Figures::allocations_per_call));
  for (const auto& [reference, of] : of_references) std::cout << Ratio(reference, rounds, of);
  std::cout << "}" << std::endl;
  return absl::OkStatus();
}

}  // namespace

absl::Status Run(const std::string& name, const StartCall& start,
                 const std::vector<Reference>& references) {
  for (const int outstanding : kOutstanding)
    WEFT_RETURN_IF_ERROR(RunWith(outstanding, name, start, references));
  return absl::OkStatus();
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
