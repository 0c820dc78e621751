#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/core/v1/applications.pb.h"

namespace weft::cli {

// What pods use, as a table.
class UsageTable {
 public:
  // `containers`: with a line for each, instead of one for a pod; `applications`: with a column for
  // their names.
  UsageTable(bool containers, bool applications);

  void Add(const std::string& application, const core::v1::UsageResponse& usage);
  // Of what was added, in that order, or that nothing runs.
  std::string Render() const;

 private:
  void AddPod(const std::string& application, const core::v1::PodUsage& pod);

  const bool containers_, applications_;
  std::vector<std::vector<std::string>> rows_;
};

// "512", "3.4Ki", "34Mi": rounded to two digits at least.
std::string FormatBytes(uint64_t bytes);
// "250m": thousandths of a processor, rounded; of something, but little: "1m".
std::string FormatCpu(uint64_t nanocores);

}  // namespace weft::cli
