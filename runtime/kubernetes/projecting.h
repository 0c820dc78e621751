#pragma once

#include "core/base/json.h"
#include "runtime/base/board.h"

namespace weft::kubernetes {

// What is kept of an object or pod of ours as the API server gives it. Its reference has the kind
// and apiVersion that are given, since items of lists do not say their own. Pure.
runtime::Projection Project(const std::string& api_version, const std::string& kind,
                            const json::value& object);

// metadata.resourceVersion as a number: the later, the greater. 0: it is none.
// Source: Kubernetes API concepts, "Resource versions": comparable within one resource type.
uint64_t VersionOf(const json::value& object);

}  // namespace weft::kubernetes
