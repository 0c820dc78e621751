#include "core/scheduler/drift.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/merge/remove_leaf.h"

namespace weft::scheduler {
namespace {

using store::v1::ContestedRecord;
using store::v1::CorrectionRecord;
using store::v1::InventoryRecord;

// By these the core and its runtimes know what is theirs.
bool IsOurLabel(const std::string& pointer) {
  return absl::StrContains(pointer, "/metadata/labels/weft.dev~1");
}

// Moves the corrections of one leaf to the leaves that are contested.
void Contest(const std::string& pointer, const std::string& writer, InventoryRecord& record) {
  auto& corrections = *record.mutable_corrections();
  corrections.erase(std::remove_if(corrections.begin(), corrections.end(),
                                   [&](const auto& c) { return c.pointer() == pointer; }),
                    corrections.end());
  ContestedRecord* contested = record.add_contested();
  contested->set_pointer(pointer);
  contested->set_writer(writer);
  std::sort(record.mutable_contested()->begin(), record.mutable_contested()->end(),
            [](const auto& a, const auto& b) { return a.pointer() < b.pointer(); });
}

}  // namespace

bool HasDrifted(const InventoryRecord& record, const runtime::v1::Projection& projection) {
  return record.accepted() == record.generation() &&
         projection.generation() == record.generation() && !projection.digest().empty() &&
         projection.digest() != record.digest();
}

bool RecordCorrections(
    const google::protobuf::RepeatedPtrField<runtime::v1::ApplyResponse::Correction>& corrections,
    int64_t now_unix_ms, InventoryRecord& record) {
  auto& known = *record.mutable_corrections();
  known.erase(std::remove_if(known.begin(), known.end(),
                             [&](const CorrectionRecord& c) {
                               return c.corrected_unix_ms() <= now_unix_ms - kContestedWithinMs;
                             }),
              known.end());
  bool any = false;
  for (const auto& correction : corrections) {
    if (IsOurLabel(correction.pointer())) continue;
    CorrectionRecord* to = known.Add();
    to->set_pointer(correction.pointer());
    to->set_writer(correction.writer());
    to->set_corrected_unix_ms(now_unix_ms);
    const auto count = std::count_if(known.begin(), known.end(), [&](const CorrectionRecord& c) {
      return c.pointer() == correction.pointer();
    });
    if (count < kContestedAfter) continue;
    Contest(correction.pointer(), correction.writer(), record);
    any = true;
  }
  if (any) record.set_generation(record.generation() + 1);
  return any;
}

void LeaveContested(const InventoryRecord& record, runtime::v1::AppliedObject& to) {
  if (record.contested().empty()) return;
  const common::v1::ObjectRef& ref = to.object().ref();
  absl::StatusOr<json::value> object = json::Parse(to.object().json());
  if (!object.ok()) return;  // The runtime says what is wrong with it.
  for (const ContestedRecord& contested : record.contested()) {
    const json::value* wanted =
        merge::FindLeaf(ref.api_version(), ref.kind(), contested.pointer(), *object);
    if (wanted == nullptr) continue;
    runtime::v1::SteeredLeaf* leaf = to.add_steered();
    leaf->set_pointer(contested.pointer());
    leaf->set_value(json::Canonical(*wanted));
  }
  // Only now: an element goes with its key.
  for (const ContestedRecord& contested : record.contested())
    merge::RemoveLeaf(ref.api_version(), ref.kind(), contested.pointer(), *object);
  to.mutable_object()->set_json(json::Canonical(*object));
}

std::string DescribeContested(const ContestedRecord& contested) {
  return absl::StrCat(contested.pointer(), " is left to ",
                      contested.writer().empty() ? "another writer" : contested.writer(),
                      ", which changed it ", kContestedAfter, " times in ",
                      kContestedWithinMs / 60000,
                      " minutes; apply the application with another value to take it back");
}

}  // namespace weft::scheduler
