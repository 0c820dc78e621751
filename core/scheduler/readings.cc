#include "core/scheduler/readings.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

// Whether a type of the application reads something.
bool Reads(const resolve::Application& application, bool catalog::Type::*what) {
  return std::ranges::any_of(application.instances, [&](const auto& workload) {
    return workload.type.*what || std::ranges::any_of(workload.traits, [&](const auto& trait) {
             return trait.type.*what;
           });
  });
}

class Reader {
 public:
  Reader(const resolve::Application& application, store::Store& store)
      : peers_are_read_(Reads(application, &catalog::Type::reads_peers)), store_(store) {}

  // What was reported of one instance of the workload `name`.
  absl::Status Read(const std::string& name, const std::string& key, const catalog::Type& type) {
    if (!peers_are_read_ && !type.reads_state) return absl::OkStatus();
    const std::string report_key = store::ReportKey(key);
    absl::StatusOr<std::string> bytes = store_.Get(report_key);
    if (absl::IsNotFound(bytes.status())) {
      readings_.conditions.push_back({report_key, std::nullopt});
      return absl::OkStatus();
    }
    if (!bytes.ok()) return bytes.status();
    store::v1::ReportRecord report;
    if (!report.ParseFromString(*bytes))
      return absl::DataLossError(absl::StrCat("the stored ", report_key, " cannot be read"));
    readings_.conditions.push_back({report_key, *std::move(bytes)});
    if (type.reads_state) readings_.states[key] = report.state();
    if (peers_are_read_ && !report.outputs().empty()) AddOutputs(name, report);
    return absl::OkStatus();
  }

  Readings& readings() { return readings_; }

 private:
  // The first that is added under a name counts: the workload comes before its traits.
  void AddOutputs(const std::string& name, const store::v1::ReportRecord& report) {
    provider::v1::Peer& peer = readings_.peers[name];
    peer.set_name(name);
    std::map<std::string, std::string> outputs;
    for (const auto& output : peer.outputs()) outputs.emplace(output.name(), output.value());
    for (const auto& output : report.outputs()) outputs.emplace(output.name(), output.value());
    peer.clear_outputs();
    for (const auto& [key, value] : outputs) {
      provider::v1::Output* output = peer.add_outputs();
      output->set_name(key);
      output->set_value(value);
    }
  }

  const bool peers_are_read_;
  store::Store& store_;
  Readings readings_;
};

}  // namespace

absl::StatusOr<Readings> ReadReadings(const resolve::Application& application,
                                      const std::string& runtime, const Runtimes& runtimes,
                                      store::Store& store) {
  Reader reader(application, store);
  for (const resolve::WorkloadInstance& workload : application.instances) {
    WEFT_RETURN_IF_ERROR(reader.Read(workload.name, workload.key, workload.type));
    for (const resolve::TraitInstance& trait : workload.traits)
      WEFT_RETURN_IF_ERROR(reader.Read(workload.name, trait.key, trait.type));
  }
  Readings readings = std::move(reader.readings());
  if (Reads(application, &catalog::Type::reads_target)) {
    readings.target.set_runtime(runtime);
    for (const RuntimeState& state : runtimes.states()) {
      if (state.config.name != runtime) continue;
      readings.target.set_platform(state.platform);
      readings.target.set_platform_version(state.platform_version);
    }
  }
  return readings;
}

}  // namespace weft::scheduler
