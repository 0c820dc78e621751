#pragma once

#include <functional>
#include <google/protobuf/repeated_ptr_field.h>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/cli/commands.h"
#include "weft/core/v1/applications.grpc.pb.h"

// What the commands that call weft.core.v1.Applications have in common.
namespace weft::cli {

// Makes one call to the core, of at most kCallLimit. `action` says in an error what failed.
absl::Status CallCore(
    const Context& context, const std::string& action,
    const std::function<grpc::Status(core::v1::Applications::Stub&, grpc::ClientContext&)>& call);

// Prints them on the error stream; whether one is an error.
bool PrintDiagnostics(
    const Terminal& terminal,
    const google::protobuf::RepeatedPtrField<common::v1::Diagnostic>& diagnostics);

// Waits until the application of `change` is carried out and healthy; shows progress.
// DEADLINE_EXCEEDED, after printing its status: it is not healthy in time.
absl::Status AwaitHealthy(const Context& context, const core::v1::ApplyResponse::Change& change,
                          absl::Time deadline);

}  // namespace weft::cli
