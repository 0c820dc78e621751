#pragma once

#include "absl/status/statusor.h"
#include "runtime/kubernetes/apply.h"
#include "weft/runtime/v1/runtime.pb.h"

// The protocol's messages from and to plain values. Pure.
namespace weft::kubernetes {

// INVALID_ARGUMENT: it breaks the rules of Object, ObjectRef or SteeredLeaf; says which object.
absl::StatusOr<AppliedObject> FromProto(const runtime::v1::AppliedObject& object);

// INVALID_ARGUMENT: a part of the reference is empty, has a slash or is a step in a path (. or ..).
absl::Status CheckRef(const ObjectRef& ref);

void ToProto(const ApplyResult& result, runtime::v1::ApplyResponse::Result* out);

}  // namespace weft::kubernetes
