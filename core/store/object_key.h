#pragma once

#include <string>

#include "weft/common/v1/common.pb.h"

namespace weft::store {

// "apps/v1|Deployment|default|web": tells objects apart and orders them.
inline std::string ObjectKey(const common::v1::ObjectRef& ref) {
  return ref.api_version() + "|" + ref.kind() + "|" + ref.namespace_() + "|" + ref.name();
}

}  // namespace weft::store
