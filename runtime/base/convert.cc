#include "runtime/base/convert.h"

#include "absl/strings/str_cat.h"

namespace weft::runtime {
namespace {

constexpr int kMostObjects = 512;  // Source: weft.runtime.v1, ApplyRequest and DeleteRequest.

}  // namespace

ObjectRef FromProto(const common::v1::ObjectRef& ref) {
  return {ref.api_version(), ref.kind(), ref.namespace_(), ref.name()};
}

void ToProto(const ObjectRef& ref, common::v1::ObjectRef* out) {
  out->set_api_version(ref.api_version);
  out->set_kind(ref.kind);
  out->set_namespace_(ref.ns);
  out->set_name(ref.name);
}

v1::ApplyOutcome ToProto(ApplyOutcome outcome) {
  switch (outcome) {
    case ApplyOutcome::kAccepted:
      return v1::APPLY_OUTCOME_ACCEPTED;
    case ApplyOutcome::kRefused:
      return v1::APPLY_OUTCOME_REFUSED;
    case ApplyOutcome::kOutdated:
      return v1::APPLY_OUTCOME_OUTDATED;
    case ApplyOutcome::kFailed:
      return v1::APPLY_OUTCOME_FAILED;
  }
  return v1::APPLY_OUTCOME_UNSPECIFIED;
}

void ToProto(const Projection& projection, v1::Projection* out) {
  ToProto(projection.ref, out->mutable_ref());
  out->set_owner(projection.owner);
  if (projection.controller.has_value()) ToProto(*projection.controller, out->mutable_controller());
  out->set_generation(projection.generation);
  out->set_status(projection.status);
  out->set_up_to_date(projection.up_to_date);
  out->set_deleting(projection.deleting);
  out->set_digest(projection.digest);
}

void ToProto(const BoardEvent& event, v1::WatchResponse* out) {
  switch (event.type) {
    case BoardEvent::Type::kChanged:
      return ToProto(event.projection, out->mutable_changed());
    case BoardEvent::Type::kGone:
      return ToProto(event.gone, out->mutable_gone());
    case BoardEvent::Type::kSynced:
      return out->mutable_synced()->set_complete(event.complete);
  }
}

absl::Status CheckCount(int count) {
  if (count <= kMostObjects) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(count, " objects in one call; at most ", kMostObjects));
}

}  // namespace weft::runtime
