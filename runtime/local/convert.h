#pragma once

#include "runtime/local/board.h"
#include "runtime/local/local_runtime.h"
#include "weft/runtime/v1/runtime.pb.h"

// The protocol's messages from and to plain values. Pure.
namespace weft::local {

ObjectRef FromProto(const common::v1::ObjectRef& ref);
AppliedObject FromProto(const runtime::v1::AppliedObject& object);

void ToProto(const ObjectRef& ref, common::v1::ObjectRef* out);
void ToProto(const ApplyResult& result, runtime::v1::ApplyResponse::Result* out);
void ToProto(const Projection& projection, runtime::v1::Projection* out);
void ToProto(const BoardEvent& event, runtime::v1::WatchResponse* out);
void ToProto(const engine::Image& image, runtime::v1::ListImagesResponse::Image* out);
void ToProto(const Kind& kind, runtime::v1::KindSupport* out);

// INVALID_ARGUMENT: a part of the reference is empty or has a slash.
absl::Status CheckRef(const ObjectRef& ref);

}  // namespace weft::local
