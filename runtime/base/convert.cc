#include "runtime/base/convert.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::runtime {
namespace {

constexpr int kMostObjects = 512;  // Source: weft.runtime.v1, ApplyRequest and others.

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

void ToProto(const PodUsage& usage, v1::PodUsage* out) {
  ToProto(usage.pod, out->mutable_pod());
  for (const ContainerUsage& container : usage.containers) {
    common::v1::ContainerUsage& one = *out->add_containers();
    one.set_name(container.name);
    if (container.cpu_nanocores.has_value())
      one.set_cpu_nanocores(static_cast<uint64_t>(*container.cpu_nanocores));
    one.set_memory_bytes(static_cast<uint64_t>(container.memory_bytes));
    if (container.disk_bytes.has_value())
      one.set_disk_bytes(static_cast<uint64_t>(*container.disk_bytes));
  }
  if (!usage.network.has_value()) return;
  out->mutable_network()->set_received_bytes(static_cast<uint64_t>(usage.network->received_bytes));
  out->mutable_network()->set_sent_bytes(static_cast<uint64_t>(usage.network->sent_bytes));
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

absl::Status AnswerUsage(
    const v1::UsageRequest& request,
    const std::function<absl::StatusOr<std::vector<PodUsage>>(const std::vector<ObjectRef>& pods)>&
        measure,
    v1::UsageResponse& response) {
  WEFT_RETURN_IF_ERROR(CheckCount(request.pods_size()));
  std::vector<ObjectRef> pods;
  for (const common::v1::ObjectRef& ref : request.pods()) pods.push_back(FromProto(ref));
  WEFT_ASSIGN_OR_RETURN(const std::vector<PodUsage> measured, measure(pods));
  for (const PodUsage& usage : measured) ToProto(usage, response.add_pods());
  return absl::OkStatus();
}

}  // namespace weft::runtime
