#pragma once

#include "plugins/sdk/provider.h"

namespace weft::pods {

// What keeps a pod from running, if it is something that needs help.
struct Trouble {
  std::string reason;   // Empty: nothing does.
  std::string message;  // Of which pod, and what.
};
Trouble TroubleOf(const sdk::AssessRequest& request);

// How a Deployment or a StatefulSet and its Service do, from what the platform says of them and of
// their pods. Pure.
sdk::Health Assess(const sdk::AssessRequest& request);

// The same of one that has a pod whatever its status says meanwhile.
sdk::Health AssessSingleton(const sdk::AssessRequest& request);

}  // namespace weft::pods
