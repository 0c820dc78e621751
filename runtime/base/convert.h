#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/apply_outcome.h"
#include "runtime/base/board.h"
#include "runtime/base/pod_usage.h"
#include "weft/runtime/v1/runtime.pb.h"

// The protocol's messages from and to plain values. Pure.
namespace weft::runtime {

ObjectRef FromProto(const common::v1::ObjectRef& ref);

void ToProto(const ObjectRef& ref, common::v1::ObjectRef* out);
v1::ApplyOutcome ToProto(ApplyOutcome outcome);
void ToProto(const Projection& projection, v1::Projection* out);
void ToProto(const PodUsage& usage, v1::PodUsage* out);
void ToProto(const BoardEvent& event, v1::WatchResponse* out);

// INVALID_ARGUMENT: more objects than one call may have.
absl::Status CheckCount(int count);

// Answers a call of Usage with what `measure` says of the pods.
absl::Status AnswerUsage(
    const v1::UsageRequest& request,
    const std::function<absl::StatusOr<std::vector<PodUsage>>(const std::vector<ObjectRef>& pods)>&
        measure,
    v1::UsageResponse& response);

}  // namespace weft::runtime
