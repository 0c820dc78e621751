#include "core/scheduler/assess_request.h"

#include <google/protobuf/util/time_util.h>

#include "core/scheduler/leaving.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;

pb::Projection ToProvider(const runtime::v1::Projection& from, const Inventory& inventory) {
  pb::Projection to;
  *to.mutable_ref() = from.ref();
  if (from.has_controller()) *to.mutable_controller() = from.controller();
  to.set_status(from.status());
  to.set_deleting(from.deleting());
  const auto known = inventory.find(store::ObjectKey(from.ref()));
  const bool ours = known == inventory.end() || from.generation() >= known->second.generation();
  to.set_up_to_date(from.up_to_date() && ours);
  return to;
}

// The leaves of the object `ref` that an action holds.
void AddSteered(const common::v1::ObjectRef& ref, const Inventory& inventory,
                pb::AssessRequest& request) {
  const auto known = inventory.find(store::ObjectKey(ref));
  if (known == inventory.end()) return;
  for (const store::v1::ClaimRecord& claim : known->second.claims()) {
    if (claim.released()) continue;
    pb::SteeredValue* steered = request.add_steered();
    *steered->mutable_object() = ref;
    steered->set_pointer(claim.pointer());
    steered->set_value(claim.value());
    steered->set_reason(claim.reason());
  }
}

// What was rendered for a workload, and what the platform says of it.
template <typename Request>
void AddObjects(const store::v1::InstanceRecord& record, const Inventory& inventory,
                const Observed::View& observed, Request& request) {
  *request.mutable_instance() = record.instance();
  *request.mutable_shape() = record.shape();
  *request.mutable_objects() = record.objects();
  for (const auto& [key, projection] : observed.objects) {
    if (projection.owner() == record.instance().key())
      *request.add_observed() = ToProvider(projection, inventory);
  }
}

}  // namespace

pb::AssessRequest MakeAssessRequest(const store::v1::InstanceRecord& record,
                                    const Inventory& inventory, const Observed::View& observed) {
  pb::AssessRequest request;
  AddObjects(record, inventory, observed, request);
  for (const common::v1::ObjectRef& ref : record.objects()) AddSteered(ref, inventory, request);
  return request;
}

pb::FinalizeRequest MakeFinalizeRequest(const store::v1::LeavingRecord& record,
                                        const Inventory& inventory,
                                        const Observed::View& observed) {
  pb::FinalizeRequest request;
  AddObjects(record.instance(), inventory, observed, request);
  *request.mutable_instance() = InstanceOf(record);
  *request.mutable_since() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(record.since_unix_ms());
  return request;
}

}  // namespace weft::scheduler
