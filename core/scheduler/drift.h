#pragma once

#include <cstdint>
#include <string>

#include "core/store/records.pb.h"
#include "weft/runtime/v1/runtime.pb.h"

// What happens to leaves of ours that somebody else changes on the platform: they are put right,
// and one that has to be put right again and again is left alone. Pure.
// Source: docs/merge.md, "Who else writes on the platform".
namespace weft::scheduler {

// A leaf that is put right this often within this time is contested.
inline constexpr int kContestedAfter = 3;
inline constexpr int64_t kContestedWithinMs = int64_t{5} * 60 * 1000;

// Whether `projection` says that somebody else changed the object since the runtime accepted what
// is recorded. An event of an older state, which was under way when the runtime answered, looks the
// same: what tells is the answer to the Apply that puts it right (RecordCorrections).
bool HasDrifted(const store::v1::InventoryRecord& record,
                const runtime::v1::Projection& projection);

// Takes the answer to an Apply with `correct` into the record; corrections that are older than the
// window are dropped. True: a leaf became contested, so that the generation rose and the object is
// to be applied again without it. The core's own labels are always put right.
bool RecordCorrections(
    const google::protobuf::RepeatedPtrField<runtime::v1::ApplyResponse::Correction>& corrections,
    int64_t now_unix_ms, store::v1::InventoryRecord& record);

// Makes the contested leaves of an object that is about to be applied seeds of what they were to
// be: where the object stands they stay as they are, whoever set them last, and are nobody's drift.
void LeaveContested(const store::v1::InventoryRecord& record, runtime::v1::AppliedObject& to);

// "/spec/replicas is left to kubectl-edit, which changed it 3 times in 5 minutes; ...", for people.
std::string DescribeContested(const store::v1::ContestedRecord& contested);

}  // namespace weft::scheduler
