#pragma once

#include <map>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

// What really is on an engine, whatever Weft says.
namespace weft::e2e {

// One container; the same container that was restarted is another run.
struct Run {
  std::string id;
  std::string state;       // "running"
  std::string started_at;  // RFC 3339.
  bool operator==(const Run&) const = default;
};

// For failures' messages.
std::ostream& operator<<(std::ostream& out, const Run& run);

// By name.
using Runs = std::map<std::string, Run>;

// Every container of `engine` that bears `labels`, running or not.
absl::StatusOr<Runs> ListRuns(engine::Engine& engine, const engine::Labels& labels = {});

// The containers that run of an instance's pods, without their sandboxes.
absl::StatusOr<Runs> ListPods(engine::Engine& engine, const std::string& instance);

// Those of `before` that `after` lacks, or has in another run, for people; empty: all go on.
std::string Disturbed(const Runs& before, const Runs& after);

}  // namespace weft::e2e
