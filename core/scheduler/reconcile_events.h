#pragma once

#include <string>
#include <vector>

#include "core/store/records.pb.h"
#include "weft/runtime/v1/runtime.pb.h"

namespace weft::scheduler {

// Why an object was not accepted, as the runtime says.
std::string MessageOf(const runtime::v1::ApplyResponse::Result& result);

// "the platform does not change /spec/selector of an object that exists"
std::string DescribeImmutable(const google::protobuf::RepeatedPtrField<std::string>& pointers);

// Why the runtime refuses an object, and what helps, for people.
std::string DescribeRefusal(const runtime::v1::ApplyResponse::Result& result);

// Adds to `events` what the answer of a runtime, `by`, to an Apply of one object says that people
// should know: that it is refused or replaced, what was put right, what is contested. `before` and
// `after` are the object's record without and with the answer. Pure.
void TellAnswer(const store::v1::InventoryRecord& before, const store::v1::InventoryRecord& after,
                const runtime::v1::AppliedObject& object,
                const runtime::v1::ApplyResponse::Result& result, const std::string& by,
                std::vector<store::v1::EventRecord>& events);

}  // namespace weft::scheduler
