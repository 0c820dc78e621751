#pragma once

#include <string>

#include "weft/provider/v1/identity.pb.h"

namespace weft::mesh {

// The digest of what the types of a description are called and ask to be allowed: another one
// whenever a person would have to agree anew. Its program and schemas may change without. Pure.
std::string RightsDigest(const provider::v1::DescribeResponse& description);

}  // namespace weft::mesh
