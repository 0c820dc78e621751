#include "core/cli/usage_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/cli/text.h"

namespace weft::cli {
namespace {

constexpr char kNotKnown[] = "-";
constexpr uint64_t kNanosOfAMilli = 1'000'000;

using Containers = google::protobuf::RepeatedPtrField<common::v1::ContainerUsage>;

// CPU, memory and disk of all of `containers`; what is not known of one is not known of all.
std::vector<std::string> SumOf(const Containers& containers) {
  std::optional<uint64_t> cpu = 0, disk = 0;
  uint64_t memory = 0;
  for (const common::v1::ContainerUsage& container : containers) {
    memory += container.memory_bytes();
    cpu = cpu.has_value() && container.has_cpu_nanocores()
              ? std::make_optional(*cpu + container.cpu_nanocores())
              : std::nullopt;
    disk = disk.has_value() && container.has_disk_bytes()
               ? std::make_optional(*disk + container.disk_bytes())
               : std::nullopt;
  }
  return {cpu.has_value() ? FormatCpu(*cpu) : kNotKnown, FormatBytes(memory),
          disk.has_value() ? FormatBytes(*disk) : kNotKnown};
}

}  // namespace

std::string FormatBytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"", "Ki", "Mi", "Gi", "Ti"};
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1023.5 && unit + 1 < std::size(kUnits); ++unit) amount /= 1024;
  return unit > 0 && amount < 9.95 ? absl::StrFormat("%.1f%s", amount, kUnits[unit])
                                   : absl::StrFormat("%.0f%s", amount, kUnits[unit]);
}

std::string FormatCpu(uint64_t nanocores) {
  const uint64_t milli = (nanocores + kNanosOfAMilli / 2) / kNanosOfAMilli;
  return absl::StrCat(nanocores == 0 ? 0 : std::max<uint64_t>(milli, 1), "m");
}

UsageTable::UsageTable(bool containers, bool applications)
    : containers_(containers), applications_(applications) {
  std::vector<std::string>& heading = rows_.emplace_back();
  if (applications) heading.emplace_back("APPLICATION");
  for (const char* name : {"INSTANCE", "POD"}) heading.emplace_back(name);
  if (containers) heading.emplace_back("CONTAINER");
  for (const char* name : {"CPU", "MEMORY", "DISK"}) heading.emplace_back(name);
  // Containers share their pod's network.
  if (!containers)
    for (const char* name : {"RECEIVED", "SENT"}) heading.emplace_back(name);
}

void UsageTable::Add(const std::string& application, const core::v1::UsageResponse& usage) {
  for (const core::v1::PodUsage& pod : usage.pods()) AddPod(application, pod);
}

void UsageTable::AddPod(const std::string& application, const core::v1::PodUsage& pod) {
  std::vector<std::string> begin = {pod.instance(), pod.pod()};
  if (applications_) begin.insert(begin.begin(), application);
  if (containers_) {
    for (const common::v1::ContainerUsage& container : pod.containers()) {
      std::vector<std::string>& row = rows_.emplace_back(begin);
      row.push_back(container.name());
      Containers one;
      *one.Add() = container;
      for (std::string& cell : SumOf(one)) row.push_back(std::move(cell));
    }
    return;
  }
  std::vector<std::string>& row = rows_.emplace_back(std::move(begin));
  for (std::string& cell : SumOf(pod.containers())) row.push_back(std::move(cell));
  row.push_back(pod.has_network() ? FormatBytes(pod.network().received_bytes()) : kNotKnown);
  row.push_back(pod.has_network() ? FormatBytes(pod.network().sent_bytes()) : kNotKnown);
}

std::string UsageTable::Render() const {
  return rows_.size() == 1 ? "no pod runs\n" : RenderTable(rows_);
}

}  // namespace weft::cli
