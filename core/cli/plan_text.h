#pragma once

#include <google/protobuf/repeated_ptr_field.h>
#include <string>

#include "absl/time/time.h"
#include "weft/core/v1/applications.pb.h"

// What `weft plan`, `weft history` and `weft rollback` print: pure functions.
namespace weft::cli {

// A line for each object, "+" for a new one, "-" for one that goes, "~" for one that changes with a
// line for each of its leaves, "=" for one that is only said something of; or that nothing changes.
std::string RenderObjectChanges(
    const google::protobuf::RepeatedPtrField<core::v1::ObjectChange>& changes, bool color);

// A table, the newest first. Ages are counted to `now`.
std::string RenderHistory(const core::v1::HistoryResponse& history, absl::Time now);

}  // namespace weft::cli
