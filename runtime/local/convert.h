#pragma once

#include "runtime/local/local_runtime.h"
#include "weft/runtime/v1/runtime.pb.h"

// The protocol's messages from and to plain values that only this runtime has; the others stand in
// runtime/base/convert.h. Pure.
namespace weft::local {

AppliedObject FromProto(const runtime::v1::AppliedObject& object);

void ToProto(const ApplyResult& result, runtime::v1::ApplyResponse::Result* out);
void ToProto(const engine::Image& image, runtime::v1::ListImagesResponse::Image* out);
void ToProto(const Kind& kind, runtime::v1::KindSupport* out);

// INVALID_ARGUMENT: a part of the reference is empty or has a slash.
absl::Status CheckRef(const ObjectRef& ref);

}  // namespace weft::local
