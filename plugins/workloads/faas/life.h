#pragma once

#include <memory>
#include <string>

#include "plugins/sdk/instances.h"

namespace weft::faas {

// The life of one of the provider's types. All types of a process share one gateway (gateway.h),
// which begins with the first life, listens from the first function on at the address in
// WEFT_FAAS_GATEWAY (default 127.0.0.1:31112), and ends with the first life that ends.
std::unique_ptr<sdk::Life> MakeLife(const std::string& type, sdk::Instances& instances);

}  // namespace weft::faas
