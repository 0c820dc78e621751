#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/resolve/resolve.h"
#include "core/scheduler/runtimes.h"
#include "core/store/store.h"
#include "weft/provider/v1/render.pb.h"

namespace weft::scheduler {

// What the workloads and traits of one application read beside their documents
// (weft.provider.v1.Read). Of what none of them reads nothing is here.
struct Readings {
  provider::v1::Target target;
  std::map<std::string, std::string> states;              // By instance key.
  std::map<std::string, provider::v1::Peer> peers;        // By name of the workload instance.
  std::vector<store::Transaction::Condition> conditions;  // That what was read of the store stands.
};

// Of `application`, which goes to `runtime`. Errors are the store's.
absl::StatusOr<Readings> ReadReadings(const resolve::Application& application,
                                      const std::string& runtime, const Runtimes& runtimes,
                                      store::Store& store);

}  // namespace weft::scheduler
