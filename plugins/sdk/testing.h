#pragma once

#include <functional>

#include "plugins/sdk/instances.h"

// For tests of providers only.
namespace weft::sdk {

// A core to which nobody reports.
class ActsOnly : public Instances {
 public:
  void Report(InstanceReport, std::function<void(absl::Status)> done) final {
    done(absl::UnimplementedError("nobody reports"));
  }
};

}  // namespace weft::sdk
