#include "runtime/engine/cgroup_usage.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/files.h"

namespace weft::engine {
namespace {

constexpr char kUnified[] = "";  // The name of the one hierarchy of version 2.

// The paths of a process's groups, by controller. Only those of the container `id`.
std::map<std::string, std::string> PathsOf(const std::string& text, const std::string& id) {
  std::map<std::string, std::string> paths;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3 || !absl::StrContains(fields[2], id)) continue;
    for (const absl::string_view controller : absl::StrSplit(fields[1], ','))
      paths[std::string(controller)] = fields[2];
  }
  return paths;
}

std::optional<int64_t> NumberIn(const std::string& path) {
  int64_t number = 0;
  return absl::SimpleAtoi(ReadFileOrEmpty(path), &number) ? std::make_optional(number)
                                                          : std::nullopt;
}

// Of a file of lines "KEY NUMBER".
std::optional<int64_t> NumberIn(const std::string& path, const std::string& key) {
  const std::string text = ReadFileOrEmpty(path);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, ' ');
    int64_t number = 0;
    if (parts.first == key && absl::SimpleAtoi(parts.second, &number)) return number;
  }
  return std::nullopt;
}

std::optional<Usage> Make(std::optional<int64_t> cpu_ns, std::optional<int64_t> memory,
                          std::optional<int64_t> inactive) {
  if (!cpu_ns.has_value() || !memory.has_value()) return std::nullopt;
  return Usage{absl::Nanoseconds(*cpu_ns), std::max<int64_t>(0, *memory - inactive.value_or(0))};
}

std::optional<Usage> ReadVersion1(const std::string& cpu, const std::string& memory) {
  return Make(NumberIn(cpu + "/cpuacct.usage"), NumberIn(memory + "/memory.usage_in_bytes"),
              NumberIn(memory + "/memory.stat", "total_inactive_file"));
}

std::optional<Usage> ReadVersion2(const std::string& group) {
  std::optional<int64_t> cpu = NumberIn(group + "/cpu.stat", "usage_usec");
  if (cpu.has_value()) *cpu *= 1000;
  return Make(cpu, NumberIn(group + "/memory.current"),
              NumberIn(group + "/memory.stat", "inactive_file"));
}

// Source: proc(5), /proc/net/dev: after two lines of headings a line for each interface.
std::optional<runtime::NetworkUsage> ReadNetwork(const std::string& path) {
  constexpr size_t kReceived = 0, kSent = 8;
  std::optional<runtime::NetworkUsage> sum;
  const std::string text = ReadFileOrEmpty(path);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (parts.size() != 2) continue;
    const std::vector<std::string> numbers = absl::StrSplit(parts[1], ' ', absl::SkipWhitespace());
    int64_t received = 0, sent = 0;
    if (numbers.size() <= kSent || !absl::SimpleAtoi(numbers[kReceived], &received) ||
        !absl::SimpleAtoi(numbers[kSent], &sent))
      continue;
    if (!sum.has_value()) sum.emplace();
    if (absl::StripAsciiWhitespace(parts[0]) == "lo") continue;
    sum->received_bytes += received;
    sum->sent_bytes += sent;
  }
  return sum;
}

}  // namespace

std::optional<Usage> ReadCgroupUsage(int64_t pid, const std::string& id, const std::string& proc,
                                     const std::string& groups) {
  if (pid <= 0 || id.empty()) return std::nullopt;
  const std::string process = absl::StrCat(proc, "/", pid);
  const std::map<std::string, std::string> paths =
      PathsOf(ReadFileOrEmpty(process + "/cgroup"), id);
  const auto cpu = paths.find("cpuacct"), memory = paths.find("memory"), one = paths.find(kUnified);
  std::optional<Usage> usage;
  if (cpu != paths.end() && memory != paths.end()) {
    usage = ReadVersion1(absl::StrCat(groups, "/cpuacct", cpu->second),
                         absl::StrCat(groups, "/memory", memory->second));
  } else if (one != paths.end()) {
    usage = ReadVersion2(groups + one->second);
  }
  if (usage.has_value()) usage->network = ReadNetwork(process + "/net/dev");
  return usage;
}

}  // namespace weft::engine
